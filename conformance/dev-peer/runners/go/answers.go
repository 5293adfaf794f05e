package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
)

// keptLength is the maximum length of a stored text; a longer one is stored as its length and its hash.
const keptLength = 2000

var (
	transactionID = regexp.MustCompile(`[0-9a-f]{64}`)
	// longHex matches an identity that the peer prints as hexadecimal digits.
	longHex = regexp.MustCompile(`[0-9a-f]{200,}`)
)

// answer is the peer's answer in one step, without values that differ between runs: keys, transaction IDs, addresses.
type answer struct {
	Step   string   `json:"step"`
	Passed bool     `json:"passed"`
	Said   []string `json:"said"`
}

// answers writes one line of JSON for each step.
type answers struct {
	file *os.File
	out  *bufio.Writer
}

// openAnswers creates the file; without a path, nothing is written.
func openAnswers(path string) (*answers, error) {
	if path == "" {
		return &answers{}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write the answers: %w", err)
	}
	return &answers{file, bufio.NewWriter(file)}, nil
}

func (answers *answers) write(answer answer) error {
	if answers.file == nil {
		return nil
	}
	if answer.Said == nil {
		answer.Said = []string{}
	}
	encoder := json.NewEncoder(answers.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(answer)
}

func (answers *answers) close() error {
	if answers.file == nil {
		return nil
	}
	if err := answers.out.Flush(); err != nil {
		return err
	}
	return answers.file.Close()
}

// tell stores a part of the peer's answer.
func (scene *scene) tell(what, text string) {
	scene.said = append(scene.said, what+": "+scene.transcript.withoutRun(text))
}

// tellError stores code, message and details of an error.
func (scene *scene) tellError(actual *status.Status) {
	scene.tell("code", codeNames[actual.Code()])
	if actual.Code() == codes.DeadlineExceeded {
		// Either side may detect the timeout first, with different texts.
		return
	}
	scene.tell("message", actual.Message())
	for _, detail := range actual.Details() {
		if detail, ok := detail.(*gateway.ErrorDetail); ok {
			scene.tell("detail", strings.Join([]string{detail.GetMspId(), detail.GetAddress(), detail.GetMessage()}, " "))
		}
	}
}

// withoutRun replaces values that differ between runs.
func (transcript *transcript) withoutRun(text string) string {
	if len(text) > keptLength {
		return fmt.Sprintf("%d bytes, SHA-256 %x", len(text), sha256.Sum256([]byte(text)))
	}
	text = strings.ReplaceAll(text, transcript.values["run"], "${run}")
	text = strings.ReplaceAll(text, transcript.endpoint, "${endpoint}")
	// The peer may use another name for itself.
	if _, port, found := strings.Cut(transcript.endpoint, ":"); found {
		text = strings.ReplaceAll(text, "localhost:"+port, "${endpoint}")
	}
	text = longHex.ReplaceAllString(text, "${identity}")
	return transactionID.ReplaceAllStringFunc(text, func(id string) string {
		if transcript.transactions[id] {
			return "${txid}"
		}
		return id
	})
}

// fullName is the name of a step, after that of the step that it continues.
func fullName(before, name string) string {
	if rest, continues := strings.CutPrefix(name, "..."); continues {
		return before + " ..." + rest
	}
	return name
}
