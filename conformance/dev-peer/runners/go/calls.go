package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// codeNames are the codes in a transcript, by their gRPC names.
var codeNames = map[codes.Code]string{
	codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.PermissionDenied: "PERMISSION_DENIED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.Unimplemented: "UNIMPLEMENTED",
	codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
}

// scene is one step with its inputs.
type scene struct {
	network    *network
	transcript *transcript
	step       step
	// said is the peer's answer.
	said []string
}

func (scene *scene) gateway() (*client.Gateway, error) {
	return scene.network.gateway(scene.step)
}

func (scene *scene) channel() (*client.Network, error) {
	gateway, err := scene.gateway()
	if err != nil {
		return nil, err
	}
	return gateway.GetNetwork(textOr(scene.step.text("channel"), scene.network.options.channel)), nil
}

func textOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// propose makes the step's proposal, or returns that of an earlier step.
func (scene *scene) propose() (*client.Proposal, error) {
	step := scene.step
	if name := step.text("proposal"); name != "" {
		saved, err := scene.transcript.find(name)
		return saved.proposal, err
	}
	channel, err := scene.channel()
	if err != nil {
		return nil, err
	}
	options := []client.ProposalOption{client.WithArguments(step.texts("args")...)}
	if organizations := step.texts("organizations"); len(organizations) > 0 {
		options = append(options, client.WithEndorsingOrganizations(organizations...))
	}
	if fields := step.table("transient"); fields != nil {
		transient := map[string][]byte{}
		for name := range fields {
			transient[name] = []byte(fields.text(name))
		}
		options = append(options, client.WithTransient(transient))
	}
	contract := channel.GetContract(textOr(step.text("chaincode"), scene.network.options.chaincode))
	proposal, err := contract.NewProposal(step.text("function"), options...)
	if err != nil {
		return nil, err
	}
	// The ID does not depend on is_init.
	scene.transcript.transactions[proposal.TransactionID()] = true
	if step["is_init"] != true {
		return proposal, nil
	}
	return scene.withInit(proposal)
}

// context has the step's deadline, or else the gateway's default.
func (scene *scene) context() (context.Context, context.CancelFunc) {
	milliseconds := scene.step.number("deadline")
	if milliseconds == 0 {
		milliseconds = time.Minute.Milliseconds()
	}
	return context.WithTimeout(context.Background(), time.Duration(milliseconds)*time.Millisecond)
}

// expectOutcome compares the payload or error with the expected one; it returns whether the call succeeded as expected.
func (scene *scene) expectOutcome(txid string, payload []byte, err error) (bool, error) {
	if err != nil {
		return false, scene.expectError(txid, err)
	}
	scene.tell("result", string(payload))
	if expected := scene.step.table("error"); expected != nil {
		text, _ := json.Marshal(expected)
		return false, fmt.Errorf("expected the error %s\nactual   success: %s", text, shown(string(payload)))
	}
	if scene.step.has("result_size") {
		expected := strconv.FormatInt(scene.step.number("result_size"), 10)
		return true, expectText("size of the result", expected, strconv.Itoa(len(payload)))
	}
	if !scene.step.has("result") {
		return true, nil
	}
	return true, expectText("result", strings.ReplaceAll(scene.step.text("result"), "${txid}", txid), string(payload))
}

func (scene *scene) expectError(txid string, err error) error {
	expected := scene.step.table("error")
	actual, isStatus := status.FromError(err)
	if isStatus {
		scene.tellError(actual)
	}
	if expected == nil || !isStatus {
		return fmt.Errorf("expected success\nactual   %w", err)
	}
	failure := expectText("code", expected.text("code"), codeNames[actual.Code()])
	if failure == nil && expected.has("message") {
		message := strings.ReplaceAll(expected.text("message"), "${txid}", txid)
		failure = expectText("message", message, actual.Message())
	}
	if failure == nil && expected.has("detail") {
		failure = expectDetail(strings.ReplaceAll(expected.text("detail"), "${txid}", txid), actual)
	}
	if failure != nil {
		return fmt.Errorf("%w\nwhole    %w", failure, err)
	}
	return nil
}

func expectDetail(expected string, actual *status.Status) error {
	details := actual.Details()
	if len(details) != 1 {
		return fmt.Errorf("%d details instead of 1", len(details))
	}
	detail, ok := details[0].(*gateway.ErrorDetail)
	if !ok {
		return fmt.Errorf("the detail is no ErrorDetail: %v", details[0])
	}
	return expectText("message of the detail", expected, detail.GetMessage())
}

func (scene *scene) expectStatus(expected string, code peer.TxValidationCode) error {
	scene.tell("validation code", code.String())
	return expectText("validation code", textOr(expected, "VALID"), code.String())
}
