"""`llmd-routes krm`: add routes to what kustomize builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .command import FunctionCommand
from .input_options import beside_options
from .passing_on import pass_on
from .plan_options import plan_options

if TYPE_CHECKING:
    from llmd_routes.pipeline import Emission
    from llmd_routes.reading.request import Beside


@click.command(cls=FunctionCommand)
@beside_options
@plan_options
@click.option("--allow-empty", is_flag=True, help="If the list contains no ModelService, print it unchanged.")
@click.pass_obj
def krm(text: str, /, beside: Beside, allow_empty: bool, **chosen: Any) -> int:
    """Add routes to the manifests that kustomize builds.

    A transformer for kustomize or kpt: prints the ResourceList of stdin with the objects that route its ModelServices.
    The spec of the functionConfig accepts all options in camel case. Errors and warnings become results.
    """
    from llmd_routes.output.pass_through import refuse_twice
    from llmd_routes.output.resource_list import with_items

    def add(made: Emission) -> str:
        refuse_twice(text, made.manifests)
        return with_items(text, made.manifests, made.notices)

    return pass_on(text, beside, chosen, allow_empty, add)
