module go-package

go 1.26
