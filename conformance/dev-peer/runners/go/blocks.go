package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// found is one transaction of a block.
type found struct {
	id, status, event string
}

// findAll reads blocks until all transactions of the step have arrived, in order.
func findAll[T any](scene *scene, open func(context.Context, *client.Network, client.BlockEventsOption) (<-chan T, error), transactions func(T) ([]found, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), eventsTimeout)
	defer cancel()
	channel, err := scene.channel()
	if err != nil {
		return err
	}
	start, err := strconv.ParseUint(scene.step.text("start_block"), 10, 64)
	if err != nil {
		return err
	}
	blocks, err := open(ctx, channel, client.WithStartBlock(start))
	if err != nil {
		return err
	}
	expected := scene.step.tables("transactions")
	return read(ctx, "transactions in blocks", blocks, func(block T) (bool, error) {
		all, err := transactions(block)
		for _, transaction := range all {
			if len(expected) == 0 || transaction.id != expected[0].text("id") {
				continue
			}
			scene.tell("transaction", transaction.status+" "+transaction.event)
			err = errors.Join(
				err,
				expectText("status of "+transaction.id, expected[0].text("status"), transaction.status),
				expectText("event of "+transaction.id, textOr(expected[0].text("event"), anything), transaction.event),
			)
			expected = expected[1:]
		}
		return len(expected) == 0, err
	})
}

func (scene *scene) blocks() error {
	start, err := strconv.ParseUint(scene.step.text("start_block"), 10, 64)
	if err != nil {
		return err
	}
	var previous *common.BlockHeader
	open := func(ctx context.Context, channel *client.Network, start client.BlockEventsOption) (<-chan *common.Block, error) {
		return channel.BlockEvents(ctx, start)
	}
	return findAll(scene, open, func(block *common.Block) ([]found, error) {
		if err := checkHashes(block, previous, start); err != nil {
			return nil, err
		}
		previous = block.GetHeader()
		return transactionsOf(block)
	})
}

func (scene *scene) privateBlocks() error {
	open := func(ctx context.Context, channel *client.Network, start client.BlockEventsOption) (<-chan *peer.BlockAndPrivateData, error) {
		return channel.BlockAndPrivateDataEvents(ctx, start)
	}
	return findAll(scene, open, func(block *peer.BlockAndPrivateData) ([]found, error) {
		return transactionsOf(block.GetBlock())
	})
}

func (scene *scene) filteredBlocks() error {
	open := func(ctx context.Context, channel *client.Network, start client.BlockEventsOption) (<-chan *peer.FilteredBlock, error) {
		return channel.FilteredBlockEvents(ctx, start)
	}
	return findAll(scene, open, func(block *peer.FilteredBlock) ([]found, error) {
		all := []found{}
		for _, transaction := range block.GetFilteredTransactions() {
			event := ""
			for _, action := range transaction.GetTransactionActions().GetChaincodeActions() {
				event += action.GetChaincodeEvent().GetEventName()
				if len(action.GetChaincodeEvent().GetPayload()) > 0 {
					return nil, errors.New("an event in a filtered block has a payload")
				}
			}
			all = append(all, found{transaction.GetTxid(), transaction.GetTxValidationCode().String(), event})
		}
		return all, expectText("channel of the block", scene.network.options.channel, block.GetChannelId())
	})
}

func transactionsOf(block *common.Block) ([]found, error) {
	all := []found{}
	codes := block.GetMetadata().GetMetadata()[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
	for index, data := range block.GetData().GetData() {
		envelope, payload, header := &common.Envelope{}, &common.Payload{}, &common.ChannelHeader{}
		if err := decode(data, envelope); err != nil {
			return nil, err
		}
		if err := decode(envelope.GetPayload(), payload); err != nil {
			return nil, err
		}
		if err := decode(payload.GetHeader().GetChannelHeader(), header); err != nil {
			return nil, err
		}
		if index >= len(codes) {
			return nil, fmt.Errorf("block %d has no code for transaction %d", block.GetHeader().GetNumber(), index)
		}
		all = append(all, found{id: header.GetTxId(), status: peer.TxValidationCode(codes[index]).String()})
	}
	return all, nil
}

func checkHashes(block *common.Block, previous *common.BlockHeader, start uint64) error {
	header := block.GetHeader()
	expected := start
	if previous != nil {
		expected = previous.GetNumber() + 1
	}
	if header.GetNumber() != expected {
		return fmt.Errorf("block %d instead of %d", header.GetNumber(), expected)
	}
	data := sha256.Sum256(bytes.Join(block.GetData().GetData(), nil))
	if !bytes.Equal(data[:], header.GetDataHash()) {
		return fmt.Errorf("data hash of block %d: expected %x, actual %x", expected, data, header.GetDataHash())
	}
	if previous == nil {
		return nil
	}
	hash, err := headerHash(previous)
	if err == nil && !bytes.Equal(hash, header.GetPreviousHash()) {
		err = fmt.Errorf("previous hash of block %d: expected %x, actual %x", expected, hash, header.GetPreviousHash())
	}
	return err
}

// headerHash is the SHA-256 of the DER sequence of number, previous hash and data hash.
func headerHash(header *common.BlockHeader) ([]byte, error) {
	der, err := asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(header.GetNumber()), header.GetPreviousHash(), header.GetDataHash()})
	hash := sha256.Sum256(der)
	return hash[:], err
}
