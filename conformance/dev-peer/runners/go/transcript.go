package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/hyperledger/fabric-gateway/pkg/client"
)

const (
	// anything matches any text.
	anything = "…"
	// shownLength is the maximum length of a printed text, in characters.
	shownLength = 600
)

var (
	placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)
	languages   = []string{"go", "node", "java"}
)

// step is one table of the transcript, and table is one inside a step.
type (
	step  map[string]any
	table = step
)

func (step step) text(key string) string {
	text, _ := step[key].(string)
	return text
}

func (step step) has(key string) bool {
	_, has := step[key]
	return has
}

func (step step) number(key string) int64 {
	number, _ := step[key].(int64)
	return number
}

func (step step) texts(key string) []string {
	values, _ := step[key].([]any)
	texts := []string{}
	for _, value := range values {
		if text, ok := value.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func (step step) table(key string) table {
	members, _ := step[key].(map[string]any)
	return members
}

func (step step) tables(key string) []table {
	tables := []table{}
	switch values := step[key].(type) {
	case []map[string]any:
		for _, value := range values {
			tables = append(tables, value)
		}
	case []any:
		for _, value := range values {
			if table, ok := value.(map[string]any); ok {
				tables = append(tables, table)
			}
		}
	}
	return tables
}

// result is the result that a step saved under a name.
type result struct {
	txid, payload string
	block         *uint64
	proposal      *client.Proposal
	transaction   *client.Transaction
}

type transcript struct {
	steps     []step
	language  string
	available map[string]bool
	values    map[string]string
	saved     map[string]result
	// transactions are the IDs of all proposed transactions.
	transactions map[string]bool
	endpoint     string
}

func readTranscript(options options) (*transcript, error) {
	var file struct{ Step []map[string]any }
	if _, err := toml.DecodeFile(options.transcript, &file); err != nil {
		return nil, fmt.Errorf("cannot read the transcript %s: %w", options.transcript, err)
	}
	transcript := &transcript{
		available:    map[string]bool{},
		saved:        map[string]result{},
		transactions: map[string]bool{},
		endpoint:     options.endpoint,
		values: map[string]string{
			"channel":   options.channel,
			"chaincode": options.chaincode,
			"run":       "run" + strconv.FormatInt(time.Now().UnixMilli(), 36) + "-",
		},
	}
	for _, table := range file.Step {
		transcript.steps = append(transcript.steps, table)
	}
	for _, name := range strings.Split(options.with, ",") {
		transcript.available[name] = true
	}
	optional := map[string]string{
		"other-channel":   options.otherChannel,
		"other-chaincode": options.otherChaincode,
		"init-chaincode":  options.initChaincode,
	}
	for name, value := range optional {
		if value != "" {
			transcript.available[name] = true
			transcript.values[strings.ReplaceAll(name, "-", "_")] = value
		}
	}
	return transcript, nil
}

// skips returns the reason why this run must skip the step, or "".
func (transcript *transcript) skips(step step, network *network) string {
	for _, name := range step.texts("needs") {
		if !transcript.available[name] {
			return "needs " + name
		}
	}
	if allowed := step.texts("language"); len(allowed) > 0 && !slices.Contains(allowed, transcript.language) {
		return "not for " + transcript.language
	}
	if !network.hasUser(step.text("as")) {
		return "there is no user " + step.text("as")
	}
	return ""
}

// fill returns the step for this language, with the placeholders replaced that are known before it runs.
func (transcript *transcript) fill(original step) (filled step, err error) {
	chosen := maps.Clone(original)
	for key := range original {
		for _, language := range languages {
			if !strings.HasSuffix(key, "_"+language) {
				continue
			}
			delete(chosen, key)
			if language == transcript.language {
				delete(chosen, "result")
				delete(chosen, "error")
				chosen[strings.TrimSuffix(key, "_"+language)] = original[key]
			}
		}
	}
	replaced, err := transcript.replace(map[string]any(chosen))
	if err != nil {
		return nil, err
	}
	return replaced.(map[string]any), nil
}

func (transcript *transcript) replace(value any) (any, error) {
	switch value := value.(type) {
	case string:
		return transcript.replaceText(value)
	case []any:
		return replaceAll(transcript, value)
	case []map[string]any:
		return replaceAll(transcript, value)
	case map[string]any:
		replaced := map[string]any{}
		for key, member := range value {
			member, err := transcript.replace(member)
			if err != nil {
				return nil, err
			}
			replaced[key] = member
		}
		return replaced, nil
	}
	return value, nil
}

// replaceAll accepts both kinds of arrays of the TOML library, of values and of tables.
func replaceAll[T any](transcript *transcript, values []T) ([]any, error) {
	replaced := []any{}
	for _, value := range values {
		value, err := transcript.replace(value)
		if err != nil {
			return nil, err
		}
		replaced = append(replaced, value)
	}
	return replaced, nil
}

func (transcript *transcript) replaceText(text string) (replaced string, err error) {
	replaced = placeholder.ReplaceAllStringFunc(text, func(whole string) string {
		value, known, failure := transcript.lookUp(whole[2 : len(whole)-1])
		if failure != nil {
			err = failure
		}
		if !known {
			return whole
		}
		return value
	})
	return replaced, err
}

// lookUp returns a value of the run, or NAME.txid, NAME.block, NAME.result, NAME.result.FIELD of an earlier step.
func (transcript *transcript) lookUp(name string) (string, bool, error) {
	parts := strings.Split(name, ".")
	if len(parts) == 1 {
		value, known := transcript.values[name]
		return value, known, nil
	}
	saved, err := transcript.find(parts[0])
	if err != nil {
		return "", false, err
	}
	switch {
	case parts[1] == "txid":
		return saved.txid, true, nil
	case parts[1] == "block" && saved.block != nil:
		return strconv.FormatUint(*saved.block, 10), true, nil
	case parts[1] == "result" && len(parts) == 2:
		return saved.payload, true, nil
	case parts[1] == "result":
		var members map[string]any
		if err := json.Unmarshal([]byte(saved.payload), &members); err != nil {
			return "", false, fmt.Errorf("${%s}: %w", name, err)
		}
		return fmt.Sprint(members[parts[2]]), true, nil
	}
	return "", false, fmt.Errorf("${%s} is not known", name)
}

func (transcript *transcript) find(name string) (result, error) {
	saved, known := transcript.saved[name]
	if !known {
		return result{}, fmt.Errorf("no step before has saved %q", name)
	}
	return saved, nil
}

func (transcript *transcript) save(step step, saved result) {
	if name := step.text("save"); name != "" {
		transcript.saved[name] = saved
	}
}

func expectText(what, expected, actual string) error {
	parts := strings.Split(expected, anything)
	for index, part := range parts {
		parts[index] = regexp.QuoteMeta(part)
	}
	if regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(actual) {
		return nil
	}
	return fmt.Errorf("%s\nexpected %s\nactual   %s", what, shown(expected), shown(actual))
}

func shown(text string) string {
	quoted := strconv.Quote(text)
	if len(quoted) > shownLength {
		return fmt.Sprintf("%s… (%d characters)", quoted[:shownLength], len(quoted))
	}
	return quoted
}
