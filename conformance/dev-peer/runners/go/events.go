package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
)

const (
	eventsTimeout      = 15 * time.Second
	submissions        = 10
	betweenSubmissions = time.Second
)

var errEnded = errors.New("the stream ended before all came")

// read takes elements until done returns true for one, or the time is over.
func read[T any](ctx context.Context, what string, elements <-chan T, done func(T) (bool, error)) error {
	for {
		select {
		case element, open := <-elements:
			if !open {
				return fmt.Errorf("%s: %w", what, errEnded)
			}
			if finished, err := done(element); finished || err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("%s: not all came within %s", what, eventsTimeout)
		}
	}
}

// position is where the events of a step start.
func (scene *scene) position() ([]client.ChaincodeEventsOption, error) {
	checkpoint := scene.step.table("checkpoint")
	if checkpoint == nil && !scene.step.has("start_block") {
		return nil, nil
	}
	if checkpoint == nil {
		block, err := strconv.ParseUint(scene.step.text("start_block"), 10, 64)
		return []client.ChaincodeEventsOption{client.WithStartBlock(block)}, err
	}
	block, err := strconv.ParseUint(checkpoint.text("block"), 10, 64)
	checkpointer := &client.InMemoryCheckpointer{}
	checkpointer.CheckpointTransaction(block, checkpoint.text("transaction"))
	return []client.ChaincodeEventsOption{client.WithCheckpoint(checkpointer)}, err
}

func (scene *scene) openEvents(ctx context.Context) (<-chan *client.ChaincodeEvent, error) {
	channel, err := scene.channel()
	if err != nil {
		return nil, err
	}
	position, err := scene.position()
	if err != nil {
		return nil, err
	}
	return channel.ChaincodeEvents(ctx, textOr(scene.step.text("chaincode"), scene.network.options.chaincode), position...)
}

func (scene *scene) chaincodeEvents() error {
	ctx, cancel := context.WithTimeout(context.Background(), eventsTimeout)
	defer cancel()
	events, err := scene.openEvents(ctx)
	if err != nil {
		return err
	}
	expected := scene.step.tables("events")
	return read(ctx, fmt.Sprintf("events, %d expected", len(expected)), events, func(event *client.ChaincodeEvent) (bool, error) {
		if len(expected) == 0 {
			return true, nil
		}
		next := expected[0]
		expected = expected[1:]
		scene.tell("event", event.EventName+" "+string(event.Payload))
		return len(expected) == 0, compareEvent(next, event)
	})
}

func compareEvent(expected step, event *client.ChaincodeEvent) error {
	if err := expectText("name of the event", expected.text("name"), event.EventName); err != nil {
		return err
	}
	if err := expectText("payload of the event", expected.text("payload"), string(event.Payload)); err != nil {
		return err
	}
	if err := expectText("transaction of the event", textOr(expected.text("transaction"), anything), event.TransactionID); err != nil {
		return err
	}
	block := strconv.FormatUint(event.BlockNumber, 10)
	return expectText("block of the event", textOr(expected.text("block"), anything), block)
}

// liveEvents submits until the first event arrives, because a client cannot know when the peer has received its request.
func (scene *scene) liveEvents() error {
	ctx, cancel := context.WithTimeout(context.Background(), eventsTimeout)
	defer cancel()
	events, err := scene.openEvents(ctx)
	if err != nil {
		return err
	}
	for range submissions {
		if err := scene.submit(); err != nil {
			return err
		}
		select {
		case event, open := <-events:
			if !open {
				return fmt.Errorf("the stream ended before an event came")
			}
			// The number of transactions depends on timing.
			scene.said = nil
			scene.tell("event", event.EventName+" "+string(event.Payload))
			return compareEvent(scene.step.tables("events")[0], event)
		case <-time.After(betweenSubmissions):
		}
	}
	return fmt.Errorf("no event came after %d transactions", submissions)
}
