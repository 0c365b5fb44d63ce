"""Read everything that a command works on: settings, objects, and what engines answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmd_routes.errors import InputError, NothingToRoute
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.narrowing import narrow, select
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.kube.label_selectors import parse_selector
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Inventory, ModelService
from llmd_routes.notices import Notice

from .merge import Reading
from .request import Input, asked, read
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """The objects that were read, corrections of their facts, and the notices so far.

    `selector` is the label selector of workloads whose ModelServices are wanted, None for all.
    """

    reading: Reading
    scope: Scope
    corrections: Corrections
    settings: Settings
    notices: tuple[Notice, ...] = ()
    selector: str | None = None

    def inventory(self) -> Inventory:
        """Return the inventory of the objects. Raises InputError as `build_inventory` does."""
        return build_inventory(self.reading.objects, self.scope, self.corrections)

    def selected(self) -> frozenset[Ref] | None:
        """Return the objects that the selector matches, None without a selector."""
        return None if self.selector is None else select(self.reading.objects, parse_selector(self.selector))

    def narrowed(self) -> tuple[Inventory, tuple[ModelService, ...]]:
        """Return the inventory of the ModelServices that the selector matches, and the other ModelServices.

        Raises InputError as `build_inventory` does, and if the selector matches no ModelService.
        """
        own = self.selected()
        try:
            return (self.inventory(), ()) if own is None else narrow(self.inventory(), own)
        except NothingToRoute:
            raise self.unmatched() from None

    def elsewhere(self) -> list[str]:
        """Return the namespaces that have ModelServices among the objects that were read, sorted."""
        try:
            everywhere = build_inventory(self.reading.objects, Scope(), self.corrections)
        except InputError:
            return []
        return sorted({service.namespace for service in everywhere.services if service.namespace})

    def unmatched(self) -> InputError:
        """Return the error about a selector that matches no ModelService."""
        return InputError(f"-l {self.selector}: matches no ModelService; check the labels of the workloads")


def prepare(
    source: Input, gateways: Sequence[str] = (), *, assume: bool = True, compares: bool = False, merges: bool = False
) -> Prepared:
    """Read what the options of a command name: objects, and what engines answer.

    With `assume`, an assumed namespace counts as known. With `compares`, files are compared with a cluster. With
    `merges`, objects that are defined differently in two places are left to the caller, in `reading.conflicts`.
    Raises InputError or ClusterError with everything that cannot be read.
    """
    if source.selector is not None:
        parse_selector(source.selector)
    reading, namespaces = read(source, gateways, compares=compares)
    if reading.conflicts and not merges:
        raise InputError(reading.conflicts)
    scope = Scope(namespaces, assume=assume)
    corrections, silent = asked(source, reading, scope, Corrections(settings=source.settings.overrides()))
    return Prepared(reading, scope, corrections, source.settings, silent, source.selector)
