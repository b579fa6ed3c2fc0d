"""From numbers to Markdown, HTML and figures."""
