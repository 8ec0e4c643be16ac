-- What operators said that something of ServiceTitan's is in Odoo. Names of accounts, units and terms, in the clear like
-- the settings.
CREATE TABLE mappings (
    connection {integer} NOT NULL REFERENCES connections (id),
    kind {text} NOT NULL,                   -- gl-account, payment-term, ...
    key {text} NOT NULL,                    -- ServiceTitan's id or number, without case and surplus spaces
    label {text} NOT NULL,                  -- what ServiceTitan calls it; may be empty
    target {integer} NOT NULL,              -- Odoo's id
    target_code {text} NOT NULL,            -- Odoo's code of it when it was set; empty where it has none
    target_name {text} NOT NULL,            -- Odoo's name of it then
    set_at {integer} NOT NULL,
    set_by {text} NOT NULL,
    PRIMARY KEY (connection, kind, key)
) {strict};

-- Counts commits that changed a mapping, so that who works with them notices.
ALTER TABLE connections ADD COLUMN mappings_version {integer} NOT NULL DEFAULT 0;
