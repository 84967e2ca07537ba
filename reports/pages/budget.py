"""The official forms of the city, the plan behind the budget, and the budget against its outturn."""

from actuarial.budget.forms import CITY
from actuarial.schema import FUNDS
from reports.accrual_table import accrual_table
from reports.execution_tables import execution_notes, execution_tables, landing_tables, line_tables
from reports.figures import pooled_funds
from reports.forms import form_table
from reports.pages.section import Section, section
from reports.plan_tables import plan_table, region_plan_table, set_on_revenue_table
from reports.tables import Table, share_notes
from reports.view import View


def areas(view: View) -> tuple[str, ...]:
    """The regions, where there are several, then the city."""
    return (*view.regions, CITY) if len(view.regions) > 1 else (CITY,)


def budget(view: View) -> Section:
    """Forms of every scheme, whether they are set on revenue, what became of the last ones; by line under a fold."""
    schemes = [FUNDS[fund][0] for fund in pooled_funds(view.dataset)]
    tables = [form_table(view, scheme) for scheme in schemes]
    tables += [set_on_revenue_table(view, areas(view)), *landing_tables(view, schemes)]
    folded = [
        (view.say("budget.folded", scheme=view.say(f"scheme.{scheme}")), details(view, scheme)) for scheme in schemes
    ]
    lead = view.join([view.say("budget.lead"), *execution_notes(view)])
    return section("budget", view, "budget.html", lead=lead, tables=tables, folded=folded)


def details(view: View, scheme: str) -> list[Table]:
    """What few readers open: cash and incurred beside the accounts, and budget against outturn line by line."""
    memorandum = accrual_table(view, scheme)
    return [*([] if memorandum is None else [memorandum]), *line_tables(view, scheme)]


def budget_of_scheme(view: View, scheme: str, area: str) -> tuple[str, list[Table]]:
    """Lead and tables of one scheme and area: form, plan, small surplus, budget against outturn."""
    memorandum = accrual_table(view, scheme, area)
    tables = [
        form_table(view, scheme, area),
        *([] if memorandum is None else [memorandum]),
        plan_table(view, scheme, area),
        set_on_revenue_table(view, (area,)),
    ]
    tables += execution_tables(view, [scheme], area)
    lead = view.say("budget.lead" if area == CITY else "budget.lead_region", area=view.regions.get(area, ""))
    return view.join([lead, *execution_notes(view)]), tables


def years_ahead(view: View) -> Section:
    """Every forecast year of each pooled fund, and the regions at the ends of the plan."""
    schemes = [FUNDS[fund][0] for fund in pooled_funds(view.dataset)]
    tables = share_notes([plan_table(view, scheme) for scheme in schemes])
    if len(view.regions) > 1:
        tables += share_notes([region_plan_table(view, scheme) for scheme in schemes])
    return section("outlook", view, "tables.html", lead=view.say("outlook.lead"), tables=tables)
