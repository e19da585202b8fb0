"""The page of `zsbench report`: findings, figures, tables and provenance of stored scores in one offline HTML file."""
