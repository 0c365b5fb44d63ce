"""Run work in threads that never delay the end of the program, e.g. if a server hangs.

`concurrent.futures` waits for its threads when the program ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def run_all(work: Callable[[_In], _Out], values: Sequence[_In], at_once: int) -> list[_Out]:
    """Return the results of `work` for all values, in their order, with `at_once` threads; raise the first error."""
    waiting: SimpleQueue[tuple[int, _In] | None] = SimpleQueue()
    done: SimpleQueue[tuple[int, _Out | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        while (task := waiting.get()) is not None:
            number, value = task
            try:
                done.put((number, work(value), None))
            except BaseException as error:
                done.put((number, None, error))

    threads = min(at_once, len(values))
    for task in enumerate(values):
        waiting.put(task)
    for _ in range(threads):
        waiting.put(None)
        Thread(target=run, daemon=True).start()
    results: dict[int, _Out | None] = {}
    for _ in values:
        number, result, error = done.get()
        if error is not None:
            raise error
        results[number] = result
    return [results[number] for number in range(len(values))]  # type: ignore[misc]


def run_within(work: Callable[[], _Out], seconds: float | None) -> _Out:
    """Return the result of `work`; raise TimeoutError when it takes longer, which leaves it to its thread.

    `seconds` None sets no limit.
    """
    done: SimpleQueue[tuple[_Out | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        result, error = done.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
