"""Makes a fresh Odoo 19 database into the template that tests copy (run by `odoo shell`).

Leaves behind: a US company with a chart of accounts, analytic accounting switched on, the limited user that a
careful company would give the connector, a poorer one for tests of missing rights, and one API key for each of them and
for the administrator. Prints the keys as `RIG NAME=value` lines, since Odoo never shows a key twice.
"""

import secrets

# What the connector's user needs, by what for. The only list of its kind: scripts/README.md refers to it.
LIMITED_LOGIN = "connector@example.com"
LIMITED_GROUPS = (
    # A person who logs in. With analytic accounting switched on, this group has analytic.group_analytic_accounting in
    # it: plans and analytic accounts may be read, created and changed.
    "base.group_user",
    # Customers and vendors: without it, contacts may only be read.
    "base.group_partner_manager",
    # Items: products may be created and changed.
    "product.group_product_manager",
    # Purchase orders, their lines, confirming and cancelling; and their receipts as far as an order makes them.
    "purchase.group_purchase_user",
    # Receipts: transfers and their moves, backorders.
    "stock.group_stock_user",
    # Vendor bills and credit notes, drafted and posted; payments.
    "account.group_account_invoice",
)
# A user for tests of missing rights: contacts may be written, and nothing else.
POOR_LOGIN = "poor@example.com"
POOR_GROUPS = ("base.group_user", "base.group_partner_manager")

# Attachments move into the database, so that a copy by `create database ... template` is a whole one.
env["ir.config_parameter"].sudo().set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()

company = env.ref("base.main_company")
assert company.country_id.code == "US", company.country_id.code
assert company.chart_template, "the company has no chart of accounts"

# Nobody, administrators included, may read analytic plans before this.
env["res.config.settings"].create({"group_analytic_accounting": True}).execute()



def make_user(name, login, groups):
    return env["res.users"].create(
        {
            "name": name,
            "login": login,
            "email": login,
            "password": secrets.token_urlsafe(24),
            "group_ids": [(6, 0, [env.ref(name).id for name in groups])],
        }
    )


limited = make_user("Connector", LIMITED_LOGIN, LIMITED_GROUPS)
poor = make_user("Poor", POOR_LOGIN, POOR_GROUPS)
admin = env.ref("base.user_admin")
admin_password = secrets.token_urlsafe(24)
admin.password = admin_password


def key_of(user):
    # A key belongs to the user of the environment, and only a superuser environment may make one that never expires.
    return env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "tests", None)


values = {
    "ODOO_LOGIN": LIMITED_LOGIN,
    "ODOO_KEY": key_of(limited),
    "ODOO_POOR_LOGIN": POOR_LOGIN,
    "ODOO_POOR_KEY": key_of(poor),
    "ODOO_ADMIN_LOGIN": admin.login,
    "ODOO_ADMIN_KEY": key_of(admin),
    "ODOO_ADMIN_PASSWORD": admin_password,
}
env.cr.commit()
for name, value in values.items():
    print(f"RIG {name}={value}", flush=True)
