package main

import (
	"errors"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// queryFunctions read many public keys: ranges, composite keys, rich queries, history.
var queryFunctions = map[string]function{
	"Range":          {2, keyRange},
	"RangeCount":     {2, rangeCount},
	"RangeFirst":     {3, rangeFirst},
	"RangePage":      {4, rangePage},
	"RangeThenPut":   {4, rangeThenPut},
	"TwoRanges":      {4, twoRanges},
	"PageThenPut":    {4, pageThenPut},
	"PutThenPage":    {4, putThenPage},
	"PutComposite":   {3, putComposite},
	"GetComposite":   {2, getComposite},
	"CompositeRange": {2, compositeRange},
	"CompositePage":  {4, compositePage},
	"Query":          {1, query},
	"QueryPage":      {3, queryPage},
	"QueryThenPut":   {3, queryThenPut},
	"History":        {1, history},
}

type entry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type page struct {
	Bookmark string  `json:"bookmark"`
	Count    int32   `json:"count"`
	Results  []entry `json:"results"`
}

// collect reads an iterator to its end and closes it.
func collect(results shim.StateQueryIteratorInterface, err error) ([]entry, error) {
	if err != nil {
		return nil, err
	}
	entries := []entry{}
	for results.HasNext() {
		result, err := results.Next()
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{result.Key, string(result.Value)})
	}
	return entries, results.Close()
}

func collectJSON(results shim.StateQueryIteratorInterface, err error) ([]byte, error) {
	entries, err := collect(results, err)
	if err != nil {
		return nil, err
	}
	return compact(entries)
}

func collectPage(results shim.StateQueryIteratorInterface, metadata *peer.QueryResponseMetadata, err error) ([]byte, error) {
	entries, err := collect(results, err)
	if err != nil {
		return nil, err
	}
	return compact(page{metadata.GetBookmark(), metadata.GetFetchedRecordsCount(), entries})
}

func keyRange(stub stub, arguments []string) ([]byte, error) {
	return collectJSON(stub.GetStateByRange(arguments[0], arguments[1]))
}

func rangeCount(stub stub, arguments []string) ([]byte, error) {
	entries, err := collect(stub.GetStateByRange(arguments[0], arguments[1]))
	return decimal(len(entries)), err
}

// rangeFirst reads some results and closes the iterator before its end; it returns the last key read.
func rangeFirst(stub stub, arguments []string) ([]byte, error) {
	count, err := number(arguments[2])
	if err != nil {
		return nil, err
	}
	results, err := stub.GetStateByRange(arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	last := ""
	for range count {
		result, err := results.Next()
		if err != nil {
			return nil, err
		}
		last = result.Key
	}
	return []byte(last), results.Close()
}

func rangePage(stub stub, arguments []string) ([]byte, error) {
	size, err := number(arguments[2])
	if err != nil {
		return nil, err
	}
	return collectPage(stub.GetStateByRangeWithPagination(arguments[0], arguments[1], int32(size), arguments[3]))
}

func rangeThenPut(stub stub, arguments []string) ([]byte, error) {
	count, err := rangeCount(stub, arguments)
	if err != nil {
		return nil, err
	}
	return count, stub.PutState(arguments[2], []byte(arguments[3]))
}

// twoRanges reads two open iterators in turn and returns the number of pairs.
func twoRanges(stub stub, arguments []string) ([]byte, error) {
	left, err := stub.GetStateByRange(arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	right, err := stub.GetStateByRange(arguments[2], arguments[3])
	if err != nil {
		return nil, err
	}
	pairs := 0
	for left.HasNext() && right.HasNext() {
		_, leftErr := left.Next()
		_, rightErr := right.Next()
		if err := errors.Join(leftErr, rightErr); err != nil {
			return nil, err
		}
		pairs++
	}
	return decimal(pairs), errors.Join(left.Close(), right.Close())
}

// pageThenPut breaks the rule that paginated queries are for read-only transactions.
func pageThenPut(stub stub, arguments []string) ([]byte, error) {
	if _, err := rangePage(stub, []string{arguments[0], arguments[1], "1", ""}); err != nil {
		return nil, err
	}
	return nil, stub.PutState(arguments[2], []byte(arguments[3]))
}

func putThenPage(stub stub, arguments []string) ([]byte, error) {
	if err := stub.PutState(arguments[2], []byte(arguments[3])); err != nil {
		return nil, err
	}
	return rangePage(stub, []string{arguments[0], arguments[1], "1", ""})
}

func compositeKey(stub stub, objectType, attributes string) (string, error) {
	values, err := parseStrings(attributes)
	if err != nil {
		return "", err
	}
	return stub.CreateCompositeKey(objectType, values)
}

func putComposite(stub stub, arguments []string) ([]byte, error) {
	key, err := compositeKey(stub, arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	return nil, stub.PutState(key, []byte(arguments[2]))
}

func getComposite(stub stub, arguments []string) ([]byte, error) {
	key, err := compositeKey(stub, arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	return stub.GetState(key)
}

type compositeEntry struct {
	Attributes []string `json:"attributes"`
	ObjectType string   `json:"objectType"`
	Value      string   `json:"value"`
}

// split returns the results with their composite keys split.
func split(stub stub, entries []entry) ([]byte, error) {
	results := []compositeEntry{}
	for _, entry := range entries {
		objectType, attributes, err := stub.SplitCompositeKey(entry.Key)
		if err != nil {
			return nil, err
		}
		results = append(results, compositeEntry{attributes, objectType, entry.Value})
	}
	return compact(results)
}

func compositeRange(stub stub, arguments []string) ([]byte, error) {
	attributes, err := parseStrings(arguments[1])
	if err != nil {
		return nil, err
	}
	entries, err := collect(stub.GetStateByPartialCompositeKey(arguments[0], attributes))
	if err != nil {
		return nil, err
	}
	return split(stub, entries)
}

func compositePage(stub stub, arguments []string) ([]byte, error) {
	attributes, err := parseStrings(arguments[1])
	if err != nil {
		return nil, err
	}
	size, err := number(arguments[2])
	if err != nil {
		return nil, err
	}
	return collectPage(stub.GetStateByPartialCompositeKeyWithPagination(arguments[0], attributes, int32(size), arguments[3]))
}

func query(stub stub, arguments []string) ([]byte, error) {
	return collectJSON(stub.GetQueryResult(arguments[0]))
}

func queryPage(stub stub, arguments []string) ([]byte, error) {
	size, err := number(arguments[1])
	if err != nil {
		return nil, err
	}
	return collectPage(stub.GetQueryResultWithPagination(arguments[0], int32(size), arguments[2]))
}

func queryThenPut(stub stub, arguments []string) ([]byte, error) {
	entries, err := collect(stub.GetQueryResult(arguments[0]))
	if err != nil {
		return nil, err
	}
	return decimal(len(entries)), stub.PutState(arguments[1], []byte(arguments[2]))
}

type modification struct {
	IsDelete bool   `json:"isDelete"`
	TxID     string `json:"txId"`
	Value    string `json:"value"`
}

// history fails for an entry without a timestamp.
func history(stub stub, arguments []string) ([]byte, error) {
	results, err := stub.GetHistoryForKey(arguments[0])
	if err != nil {
		return nil, err
	}
	modifications := []modification{}
	for results.HasNext() {
		result, err := results.Next()
		if err != nil {
			return nil, err
		}
		if result.GetTimestamp().GetSeconds() == 0 {
			return nil, errors.New("a modification without a timestamp: " + result.TxId)
		}
		modifications = append(modifications, modification{result.IsDelete, result.TxId, string(result.Value)})
	}
	if err := results.Close(); err != nil {
		return nil, err
	}
	return compact(modifications)
}
