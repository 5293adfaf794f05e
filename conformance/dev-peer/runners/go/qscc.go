package main

import (
	"fmt"
	"strconv"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// qscc calls the system chaincode with Evaluate, like users of an SDK.
func (scene *scene) qscc() error {
	info := &common.BlockchainInfo{}
	if err := scene.ask(info, "GetChainInfo"); err != nil {
		return err
	}
	number, err := strconv.ParseUint(scene.step.text("block"), 10, 64)
	if err != nil {
		return err
	}
	if info.GetHeight() <= number {
		return fmt.Errorf("the height is %d, and there is a block %d", info.GetHeight(), number)
	}
	if err := scene.expectBlock(number, "GetBlockByNumber", scene.step.text("block")); err != nil {
		return err
	}
	if err := scene.expectBlock(number, "GetBlockByTxID", scene.step.text("transaction")); err != nil {
		return err
	}
	if err := scene.expectBlock(info.GetHeight()-1, "GetBlockByHash", string(info.GetCurrentBlockHash())); err != nil {
		return err
	}
	transaction := &peer.ProcessedTransaction{}
	if err := scene.ask(transaction, "GetTransactionByID", scene.step.text("transaction")); err != nil {
		return err
	}
	return scene.expectStatus(scene.step.text("status"), peer.TxValidationCode(transaction.GetValidationCode()))
}

func (scene *scene) expectBlock(number uint64, function, argument string) error {
	block := &common.Block{}
	if err := scene.ask(block, function, argument); err != nil {
		return err
	}
	if block.GetHeader().GetNumber() != number {
		return fmt.Errorf("%s gives block %d instead of %d", function, block.GetHeader().GetNumber(), number)
	}
	return nil
}

func (scene *scene) ask(answer proto.Message, function string, arguments ...string) error {
	channel, err := scene.channel()
	if err != nil {
		return err
	}
	arguments = append([]string{channel.Name()}, arguments...)
	payload, err := channel.GetContract("qscc").EvaluateTransaction(function, arguments...)
	if err != nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	return decode(payload, answer)
}
