"""Which pretrained weights suit a data set: simple models of frozen features, trained in minutes."""
