"""The agreements of the layers: connections, the catalogue, published runs, reports."""
