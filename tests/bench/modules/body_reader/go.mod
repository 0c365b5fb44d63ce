// The body reader of an endpoint picker, for comparisons; needs nothing but the standard library.
module llmd-routes/tests/body-reader

go 1.24
