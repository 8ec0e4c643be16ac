"""Makes a fresh Odoo 14 database into the template that tests copy (run by `odoo shell`): company.py, as 14 says it."""

import secrets

# As in company.py, but for products: 14 has no group of their own, and lets those create them who manage purchases.
LIMITED_LOGIN = "connector@example.com"
LIMITED_GROUPS = (
    "base.group_user",
    "base.group_partner_manager",
    "purchase.group_purchase_manager",
    "stock.group_stock_user",
    "account.group_account_invoice",
)
POOR_LOGIN = "poor@example.com"
POOR_GROUPS = ("base.group_user", "base.group_partner_manager")

env["ir.config_parameter"].sudo().set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()

company = env.ref("base.main_company")
assert company.country_id.code == "US", company.country_id.code
assert company.chart_template_id, "the company has no chart of accounts"

# Puts analytic.group_analytic_accounting into base.group_user.
env["res.config.settings"].create({"group_analytic_accounting": True}).execute()


def make_user(name, login, groups):
    return env["res.users"].create(
        {
            "name": name,
            "login": login,
            "email": login,
            "password": secrets.token_urlsafe(24),
            "groups_id": [(6, 0, [env.ref(name).id for name in groups])],
        }
    )


limited = make_user("Connector", LIMITED_LOGIN, LIMITED_GROUPS)
poor = make_user("Poor", POOR_LOGIN, POOR_GROUPS)
admin = env.ref("base.user_admin")
admin_password = secrets.token_urlsafe(24)
admin.password = admin_password


def key_of(user):
    return env["res.users.apikeys"].with_user(user)._generate("rpc", "tests")


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
