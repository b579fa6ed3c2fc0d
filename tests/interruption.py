"""A handler that stops a training in the middle of an epoch."""

from __future__ import annotations

from ignite.engine import Engine, Events


class InterruptAt:
    """Interrupt the run, as Ctrl-C would, after an iteration."""

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def attach(self, engine: Engine) -> None:
        engine.add_event_handler(Events.ITERATION_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        if engine.state.iteration == self.iteration:
            raise KeyboardInterrupt
