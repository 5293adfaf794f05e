package main

import "encoding/hex"

// privateFunctions use collections.
var privateFunctions = map[string]function{
	"PutPrivate":            {3, putPrivate},
	"PutPrivateTransient":   {2, putPrivateTransient},
	"GetPrivate":            {2, getPrivate},
	"GetManyPrivate":        {2, getManyPrivate},
	"IncrementPrivate":      {2, incrementPrivate},
	"DeletePrivate":         {2, deletePrivate},
	"PurgePrivate":          {2, purgePrivate},
	"PrivateHash":           {2, privateHash},
	"PrivateRange":          {3, privateRange},
	"PutPrivateComposite":   {4, putPrivateComposite},
	"PrivateCompositeRange": {3, privateCompositeRange},
	"PrivateQuery":          {2, privateQuery},
	"PrivateRangeThenPut":   {5, privateRangeThenPut},
	"PutThenPrivateRange":   {5, putThenPrivateRange},
	"SetPrivatePolicy":      {3, setPrivatePolicy},
	"GetPrivatePolicy":      {2, getPrivatePolicy},
}

func putPrivate(stub stub, arguments []string) ([]byte, error) {
	return nil, stub.PutPrivateData(arguments[0], arguments[1], []byte(arguments[2]))
}

// putPrivateTransient reads the value from the transient field "value", so that no transaction contains it.
func putPrivateTransient(stub stub, arguments []string) ([]byte, error) {
	transient, err := stub.GetTransient()
	if err != nil {
		return nil, err
	}
	return nil, stub.PutPrivateData(arguments[0], arguments[1], transient["value"])
}

func getPrivate(stub stub, arguments []string) ([]byte, error) {
	return stub.GetPrivateData(arguments[0], arguments[1])
}

func getManyPrivate(stub stub, arguments []string) ([]byte, error) {
	keys, err := parseStrings(arguments[1])
	if err != nil {
		return nil, err
	}
	values, err := stub.GetMultiplePrivateData(arguments[0], keys...)
	if err != nil {
		return nil, err
	}
	return compact(texts(values))
}

// incrementPrivate returns the new number.
func incrementPrivate(stub stub, arguments []string) ([]byte, error) {
	value, err := stub.GetPrivateData(arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	count, err := successor(value)
	if err != nil {
		return nil, err
	}
	return count, stub.PutPrivateData(arguments[0], arguments[1], count)
}

func deletePrivate(stub stub, arguments []string) ([]byte, error) {
	return nil, stub.DelPrivateData(arguments[0], arguments[1])
}

func purgePrivate(stub stub, arguments []string) ([]byte, error) {
	return nil, stub.PurgePrivateData(arguments[0], arguments[1])
}

// privateHash returns hexadecimal digits, none for an absent key.
func privateHash(stub stub, arguments []string) ([]byte, error) {
	hash, err := stub.GetPrivateDataHash(arguments[0], arguments[1])
	return []byte(hex.EncodeToString(hash)), err
}

func privateRange(stub stub, arguments []string) ([]byte, error) {
	return collectJSON(stub.GetPrivateDataByRange(arguments[0], arguments[1], arguments[2]))
}

func putPrivateComposite(stub stub, arguments []string) ([]byte, error) {
	key, err := compositeKey(stub, arguments[1], arguments[2])
	if err != nil {
		return nil, err
	}
	return nil, stub.PutPrivateData(arguments[0], key, []byte(arguments[3]))
}

func privateCompositeRange(stub stub, arguments []string) ([]byte, error) {
	attributes, err := parseStrings(arguments[2])
	if err != nil {
		return nil, err
	}
	entries, err := collect(stub.GetPrivateDataByPartialCompositeKey(arguments[0], arguments[1], attributes))
	if err != nil {
		return nil, err
	}
	return split(stub, entries)
}

func privateQuery(stub stub, arguments []string) ([]byte, error) {
	return collectJSON(stub.GetPrivateDataQueryResult(arguments[0], arguments[1]))
}

// privateRangeThenPut breaks the rule that private queries are for read-only transactions.
func privateRangeThenPut(stub stub, arguments []string) ([]byte, error) {
	if _, err := privateRange(stub, arguments); err != nil {
		return nil, err
	}
	return put(stub, arguments[3:])
}

func putThenPrivateRange(stub stub, arguments []string) ([]byte, error) {
	if _, err := put(stub, arguments[3:]); err != nil {
		return nil, err
	}
	return privateRange(stub, arguments)
}

func setPrivatePolicy(stub stub, arguments []string) ([]byte, error) {
	policy, err := policyOf(arguments[2])
	if err != nil {
		return nil, err
	}
	return nil, stub.SetPrivateDataValidationParameter(arguments[0], arguments[1], policy)
}

func getPrivatePolicy(stub stub, arguments []string) ([]byte, error) {
	policy, err := stub.GetPrivateDataValidationParameter(arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	return organizationsOf(policy)
}
