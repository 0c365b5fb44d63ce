"""From a Plan or an Inventory to text: manifests, reports, tables, files. No decision about routes."""
