// The program transcript-runner: runs the steps of a transcript against a peer and prints one line for each.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// How long a step marked eventually is tried again.
const eventually = 30 * time.Second

// options are those of the command line; README.md says what they mean.
type options struct {
	transcript, organizations, endpoint, hostAlias string
	channel, chaincode                             string
	otherChannel, otherChaincode, initChaincode    string
	with                                           string
}

func main() {
	var options options
	flag.StringVar(&options.transcript, "transcript", "", "the transcript, TOML")
	flag.StringVar(&options.organizations, "organizations", "", "a folder as cryptogen lays it out")
	flag.StringVar(&options.endpoint, "endpoint", "127.0.0.1:7051", "host:port of the peer")
	flag.StringVar(&options.hostAlias, "host-alias", "peer0.org1.example.com", "name in the peer's certificate")
	flag.StringVar(&options.channel, "channel", "mychannel", "channel")
	flag.StringVar(&options.chaincode, "chaincode", "", "name of the contract everything")
	flag.StringVar(&options.otherChannel, "other-channel", "", "a channel with the same chaincode")
	flag.StringVar(&options.otherChaincode, "other-chaincode", "", "a second everything on the channel")
	flag.StringVar(&options.initChaincode, "init-chaincode", "", "an everything that needs init, and had none")
	flag.StringVar(&options.with, "with", "", "what else the network has, comma-separated")
	flag.Parse()
	passed, err := run(options)
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

func run(options options) (bool, error) {
	if options.transcript == "" || options.organizations == "" || options.chaincode == "" {
		return false, errors.New("--transcript, --organizations and --chaincode are required")
	}
	transcript, err := readTranscript(options)
	if err != nil {
		return false, err
	}
	network, err := connect(options)
	if err != nil {
		return false, err
	}
	defer network.close()
	if transcript.language, err = network.language(); err != nil {
		return false, err
	}
	return runAll(transcript, network), nil
}

// runAll tells whether nothing failed.
func runAll(transcript *transcript, network *network) bool {
	passed, failed, skipped := 0, 0, 0
	for _, step := range transcript.steps {
		name := step.text("name")
		if reason := transcript.skips(step, network); reason != "" {
			skipped++
			fmt.Printf("skipped  %s (%s)\n", name, reason)
		} else if err := runStep(transcript, network, step); err != nil {
			failed++
			fmt.Printf("FAIL     %s\n         %s\n", name, strings.ReplaceAll(err.Error(), "\n", "\n         "))
		} else {
			passed++
			fmt.Printf("ok       %s\n", name)
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return failed == 0
}

func runStep(transcript *transcript, network *network, step step) error {
	end := time.Now()
	if step["eventually"] == true {
		end = end.Add(eventually)
	}
	for {
		err := runOnce(transcript, network, step)
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(250 * time.Millisecond)
	}
}

func runOnce(transcript *transcript, network *network, step step) error {
	filled, err := transcript.fill(step)
	if err != nil {
		return err
	}
	kind := filled.text("kind")
	if kind == "" {
		kind = "evaluate"
	}
	run, known := kinds[kind]
	if !known {
		return fmt.Errorf("there is no kind of step %q", kind)
	}
	return run(&scene{network, transcript, filled})
}
