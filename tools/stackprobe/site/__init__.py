"""A static status page: one page for all clouds, one a cloud, and badges. No script, no resource from elsewhere.

`pages` says what stands on which page, `graph` and `badge` draw, `writing` puts the files in place.
"""
