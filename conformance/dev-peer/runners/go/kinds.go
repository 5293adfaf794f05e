package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// kinds are the kinds of steps. Each returns the differences.
var kinds = map[string]func(*scene) error{
	"evaluate":         (*scene).evaluate,
	"endorse":          (*scene).endorse,
	"commit":           (*scene).commit,
	"submit":           (*scene).submit,
	"race":             (*scene).race,
	"status":           (*scene).status,
	"context":          (*scene).compareContext,
	"offline":          (*scene).offline,
	"qscc":             (*scene).qscc,
	"blocks":           orRefusal((*scene).blocks),
	"filtered-blocks":  orRefusal((*scene).filteredBlocks),
	"private-blocks":   orRefusal((*scene).privateBlocks),
	"chaincode-events": orRefusal((*scene).chaincodeEvents),
	"live-events":      (*scene).liveEvents,
}

// orRefusal expects only the end of the stream if the step expects an error, because the SDK does not return its text.
func orRefusal(run func(*scene) error) func(*scene) error {
	return func(scene *scene) error {
		err := run(scene)
		switch {
		case !scene.step.has("refusal"):
			return err
		case errors.Is(err, errEnded):
			scene.tell("stream", "ended")
			return nil
		case err == nil:
			return errors.New("expected a refusal\nactual   success")
		}
		return fmt.Errorf("expected a refusal\nactual   %w", err)
	}
}

func (scene *scene) evaluate() error {
	proposal, err := scene.propose()
	if err != nil {
		return err
	}
	ctx, cancel := scene.context()
	defer cancel()
	payload, err := proposal.EvaluateWithContext(ctx)
	if _, err = scene.expectOutcome(proposal.TransactionID(), payload, err); err == nil {
		scene.transcript.save(scene.step, result{txid: proposal.TransactionID(), payload: string(payload), proposal: proposal})
	}
	return err
}

// endorse stores the transaction for a later commit.
func (scene *scene) endorse() error {
	proposal, err := scene.propose()
	if err != nil {
		return err
	}
	ctx, cancel := scene.context()
	defer cancel()
	transaction, err := proposal.EndorseWithContext(ctx)
	saved := result{txid: proposal.TransactionID(), proposal: proposal, transaction: transaction}
	if err == nil {
		saved.payload = string(transaction.Result())
	}
	if _, err = scene.expectOutcome(saved.txid, []byte(saved.payload), err); err == nil {
		scene.transcript.save(scene.step, saved)
	}
	return err
}

// commit submits an endorsed transaction with the signature of the step's user.
func (scene *scene) commit() error {
	held, err := scene.transcript.find(scene.step.text("held"))
	if err != nil {
		return err
	}
	gateway, err := scene.gateway()
	if err != nil {
		return err
	}
	bytes, err := held.transaction.Bytes()
	if err != nil {
		return err
	}
	transaction, err := gateway.NewTransaction(bytes)
	if err != nil {
		return err
	}
	status, err := submitAndWait(transaction)
	succeeded, err := scene.expectOutcome(transaction.TransactionID(), transaction.Result(), err)
	if !succeeded || err != nil {
		return err
	}
	scene.transcript.save(scene.step, result{txid: status.TransactionID, block: &status.BlockNumber, transaction: held.transaction})
	return scene.expectStatus(scene.step.text("status"), status.Code)
}

func submitAndWait(transaction *client.Transaction) (*client.Status, error) {
	commit, err := transaction.Submit()
	if err != nil {
		return nil, err
	}
	return commit.Status()
}

func (scene *scene) submit() error {
	proposal, err := scene.propose()
	if err != nil {
		return err
	}
	ctx, cancel := scene.context()
	defer cancel()
	transaction, err := proposal.EndorseWithContext(ctx)
	var payload []byte
	var status *client.Status
	if err == nil {
		payload = transaction.Result()
		status, err = submitAndWait(transaction)
	}
	succeeded, err := scene.expectOutcome(proposal.TransactionID(), payload, err)
	if !succeeded || err != nil {
		return err
	}
	scene.transcript.save(scene.step, result{status.TransactionID, string(payload), &status.BlockNumber, proposal, transaction})
	return scene.expectStatus(scene.step.text("status"), status.Code)
}

// race endorses all at once, then submits all at once, then counts the validation codes.
func (scene *scene) race() error {
	count := int(scene.step.number("count"))
	proposals := make([]*client.Proposal, count)
	for index := range proposals {
		proposal, err := scene.propose()
		if err != nil {
			return err
		}
		proposals[index] = proposal
	}
	transactions, err := atOnce(count, func(index int) (*client.Transaction, error) { return proposals[index].Endorse() })
	if err != nil {
		return err
	}
	statuses, err := atOnce(count, func(index int) (*client.Status, error) { return submitAndWait(transactions[index]) })
	if err != nil {
		return err
	}
	counts := map[string]int64{}
	for _, status := range statuses {
		counts[status.Code.String()]++
	}
	scene.tell("validation codes", sorted(counts))
	expected := map[string]int64{}
	for name := range scene.step.table("statuses") {
		expected[name] = scene.step.table("statuses").number(name)
	}
	return expectText("validation codes", sorted(expected), sorted(counts))
}

// atOnce runs a function for 0, 1, ... in parallel; it returns the results in that order, and one of the errors.
func atOnce[T any](count int, run func(index int) (T, error)) ([]T, error) {
	results := make([]T, count)
	failures := make([]error, count)
	var group sync.WaitGroup
	for index := range count {
		group.Go(func() { results[index], failures[index] = run(index) })
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

func sorted(counts map[string]int64) string {
	lines := []string{}
	for name, count := range counts {
		lines = append(lines, fmt.Sprintf("%s %d", name, count))
	}
	sort.Strings(lines)
	return strings.Join(lines, ", ")
}

// status requests the status of a transaction by its ID.
func (scene *scene) status() error {
	gateway, err := scene.gateway()
	if err != nil {
		return err
	}
	request, err := commitStatusRequest(gateway, scene.network.options.channel, scene.step.text("transaction"))
	if err != nil {
		return err
	}
	commit, err := gateway.NewCommit(request)
	if err != nil {
		return err
	}
	ctx, cancel := scene.context()
	defer cancel()
	status, err := commit.StatusWithContext(ctx)
	succeeded, err := scene.expectOutcome(scene.step.text("transaction"), nil, err)
	if !succeeded || err != nil {
		return err
	}
	if err := scene.expectStatus(scene.step.text("status"), status.Code); err != nil {
		return err
	}
	return expectText("block", scene.step.text("block"), strconv.FormatUint(status.BlockNumber, 10))
}

func commitStatusRequest(client *client.Gateway, channel, transaction string) ([]byte, error) {
	creator, err := proto.Marshal(&msp.SerializedIdentity{
		Mspid:   client.Identity().MspID(),
		IdBytes: client.Identity().Credentials(),
	})
	if err != nil {
		return nil, err
	}
	request, err := proto.Marshal(&gateway.CommitStatusRequest{
		ChannelId:     channel,
		TransactionId: transaction,
		Identity:      creator,
	})
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&gateway.SignedCommitStatusRequest{Request: request})
}

// offline exports each request from the client as bytes and imports it with a signature.
func (scene *scene) offline() error {
	gateway, err := scene.gateway()
	if err != nil {
		return err
	}
	sign, err := scene.network.signer(scene.step.text("as"))
	if err != nil {
		return err
	}
	proposal, err := scene.propose()
	if err != nil {
		return err
	}
	signedProposal, err := signed(proposal, sign, gateway.NewSignedProposal)
	if err != nil {
		return err
	}
	transaction, err := signedProposal.Endorse()
	if err != nil {
		return err
	}
	signedTransaction, err := signed(transaction, sign, gateway.NewSignedTransaction)
	if err != nil {
		return err
	}
	commit, err := signedTransaction.Submit()
	if err != nil {
		return err
	}
	signedCommit, err := signed(commit, sign, gateway.NewSignedCommit)
	if err != nil {
		return err
	}
	status, err := signedCommit.StatusWithContext(context.Background())
	if err != nil {
		return err
	}
	scene.transcript.save(scene.step, result{txid: status.TransactionID, block: &status.BlockNumber})
	return scene.expectStatus("VALID", status.Code)
}

type signable interface {
	Bytes() ([]byte, error)
	Digest() []byte
}

func signed[T any](request signable, sign func([]byte) ([]byte, error), restore func(bytes, signature []byte) (T, error)) (restored T, err error) {
	bytes, err := request.Bytes()
	if err != nil {
		return restored, err
	}
	signature, err := sign(request.Digest())
	if err != nil {
		return restored, err
	}
	return restore(bytes, signature)
}
