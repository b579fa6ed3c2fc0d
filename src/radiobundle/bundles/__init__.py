"""From templates to bundles, and from bundles to what other sites can run."""
