"""The official forms of the city, and the years behind the budget."""

from actuarial.budget.forms import CITY
from actuarial.schema import FUNDS
from reports.accrual_table import accrual_table
from reports.figures import pooled_funds
from reports.forms import form_table
from reports.pages.section import Section, section
from reports.tables import outlook_table, share_notes
from reports.view import View


def budget(view: View, area: str = CITY) -> Section:
    """Forms of every scheme that the run projects."""
    schemes = [FUNDS[fund][0] for fund in pooled_funds(view.dataset)]
    memoranda = [accrual_table(view, scheme, area) for scheme in schemes]
    tables = [form_table(view, scheme, area) for scheme in schemes]
    tables += share_notes([table for table in memoranda if table is not None])
    return section("budget", view, "tables.html", lead=view.say("budget.lead"), tables=tables)


def years_ahead(view: View) -> Section:
    """Every forecast year of each pooled fund."""
    tables = share_notes([outlook_table(view, FUNDS[fund][0]) for fund in pooled_funds(view.dataset)])
    return section("outlook", view, "tables.html", lead=view.say("outlook.lead"), tables=tables)
