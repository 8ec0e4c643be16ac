"""Makes a fresh Odoo 19 database into the template that tests copy (run by `odoo shell`).

Leaves behind: a US company with a chart of accounts, analytic accounting switched on, the limited user that a
careful company would give the connector, and one API key for it and one for the administrator. Prints the keys as
`RIG NAME=value` lines, since Odoo never shows a key twice.
"""

import secrets

LIMITED_LOGIN = "connector@example.com"
LIMITED_GROUPS = (
    "base.group_user",
    "base.group_partner_manager",
    "purchase.group_purchase_user",
    "account.group_account_invoice",
)

# Attachments move into the database, so that a copy by `create database ... template` is a whole one.
env["ir.config_parameter"].sudo().set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()

company = env.ref("base.main_company")
assert company.country_id.code == "US", company.country_id.code
assert company.chart_template, "the company has no chart of accounts"

# Nobody, administrators included, may read analytic plans before this.
env["res.config.settings"].create({"group_analytic_accounting": True}).execute()

limited = env["res.users"].create(
    {
        "name": "Connector",
        "login": LIMITED_LOGIN,
        "email": LIMITED_LOGIN,
        "password": secrets.token_urlsafe(24),
        "group_ids": [(6, 0, [env.ref(name).id for name in LIMITED_GROUPS])],
    }
)
admin = env.ref("base.user_admin")
admin_password = secrets.token_urlsafe(24)
admin.password = admin_password


def key_of(user):
    # A key belongs to the user of the environment, and only a superuser environment may make one that never expires.
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "tests", None)


values = {
    "ODOO_LOGIN": LIMITED_LOGIN,
    "ODOO_KEY": key_of(limited),
    "ODOO_ADMIN_LOGIN": admin.login,
    "ODOO_ADMIN_KEY": key_of(admin),
    "ODOO_ADMIN_PASSWORD": admin_password,
}
env.cr.commit()
for name, value in values.items():
    print(f"RIG {name}={value}", flush=True)
