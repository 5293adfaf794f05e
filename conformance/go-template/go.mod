module fabric-ccs/conformance/go-template

go 1.26
