"""What the layers agree on: connections, the catalogue, published runs, reports."""
