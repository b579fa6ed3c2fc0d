"""From the source table to the datalist: label policies, duplicates, splits, audit and the JSON file."""
