#!/bin/sh
echo "foo bar"
foo
