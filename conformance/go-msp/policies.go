package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/golang/protobuf/proto"
	"github.com/hyperledger/fabric/common/cauthdsl"
)

// verdict is Fabric's result for one text: the bytes of the envelope, or nothing.
type verdict struct {
	Text     string `json:"text"`
	Envelope string `json:"envelope,omitempty"`
}

func texts() []string {
	deep := strings.Repeat("OR(", 12) + "'A.member'" + strings.Repeat(")", 12)
	return []string{
		"OR('Org1MSP.member')",
		"AND('A.member', 'B.member')",
		"And('A.admin','B.peer','C.client')",
		"and( \"A.member\" ,\t'B.member' )",
		"Or('A.member', 'B.member')",
		"or('A.member', And('B.member', 'C.member'))",
		"OR(AND('A.member', 'B.member'), OR('C.admin', AND('D.member', 'A.member')))",
		"AND(OR('A.member', 'B.member'), 'C.member', OR('B.member', 'D.member'), 'E.member')",
		"OutOf(2, 'A.member', 'B.member', 'C.member')",
		"outof(1, 'A.member', 'B.member')",
		"OUTOF(2, 'A.member', AND('B.member', 'C.member'))",
		"OutOf('1', 'A.member', 'B.member')",
		"OutOf(0, 'A.member')",
		"OutOf(2, 'A.member')",
		"OutOf(3, 'A.member')",
		"OutOf(-1, 'A.member')",
		"OutOf(1)",
		"OutOf()",
		"OR()",
		"AND('A.member')",
		"OR('a.b-c.example.com.peer')",
		"OR('A.member.member')",
		"OR('A.Member')",
		"OR('A.boss')",
		"OR('A')",
		"OR('.member')",
		"OR('Org_1.member')",
		"OR('Org 1.member')",
		"OR(A.member)",
		"OR('A.member'",
		"OR('A.member' 'B.member')",
		"OR('A.member',)",
		"OR('A.member'))",
		"OR 'A.member'",
		"OR('A.member') x",
		"aNd('A.member')",
		"XOR('A.member')",
		"'A.member'",
		"",
		"1",
		"OR(1, 'A.member')",
		"OR('A.member', 'OR(B.member)')",
		"\n OR (\n'A.member'\n)\n",
		deep,
	}
}

func policies() {
	var verdicts []verdict
	for _, text := range texts() {
		verdicts = append(verdicts, judge(text))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}

func judge(text string) (result verdict) {
	result.Text = text
	// The expression library panics for some texts; the peer's command then exits with a stack trace.
	defer func() {
		if recover() != nil {
			result.Envelope = ""
		}
	}()
	envelope, err := cauthdsl.FromString(text)
	if err != nil {
		return result
	}
	bytes, err := proto.Marshal(envelope)
	if err != nil {
		log.Fatal(err)
	}
	result.Envelope = hex.EncodeToString(bytes)
	return result
}
