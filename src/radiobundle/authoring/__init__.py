"""Write bundles: render them from templates, start new ones, lint them."""
