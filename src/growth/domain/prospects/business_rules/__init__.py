"""The rules of the prospects context: values in, values out."""
