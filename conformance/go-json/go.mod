module fabric-ccs/conformance/go-json

go 1.24
