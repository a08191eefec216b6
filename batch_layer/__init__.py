"""The batch layer: one module a nightly step, each runnable alone with spark-submit; ``nightly`` is their order."""
