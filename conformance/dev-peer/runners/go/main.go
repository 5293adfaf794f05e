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

const (
	// eventually is the time limit for retries of a step with this mark.
	eventually = 30 * time.Second
	// betweenTries is the pause before the next try.
	betweenTries = 250 * time.Millisecond
)

// options are those of the command line; README.md says what they mean.
type options struct {
	transcript, organizations, endpoint, hostAlias string
	channel, chaincode                             string
	otherChannel, otherChaincode, initChaincode    string
	with, answers                                  string
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
	flag.StringVar(&options.answers, "answers", "", "a file for what the peer answered, one line of JSON for each step")
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
	answers, err := openAnswers(options.answers)
	if err != nil {
		return false, err
	}
	passed, err := runAll(transcript, network, answers)
	return passed, errors.Join(err, answers.close())
}

// runAll returns whether all steps passed.
func runAll(transcript *transcript, network *network, answers *answers) (bool, error) {
	passed, failed, skipped := 0, 0, 0
	before := ""
	for _, step := range transcript.steps {
		name := step.text("name")
		answer := answer{Step: fullName(before, name)}
		if !strings.HasPrefix(name, "...") {
			before = name
		}
		if reason := transcript.skips(step, network); reason != "" {
			skipped++
			fmt.Printf("skipped  %s (%s)\n", name, reason)
			answer.Said = []string{"skipped: " + reason}
		} else if said, err := runStep(transcript, network, step); err != nil {
			failed++
			fmt.Printf("FAIL     %s\n         %s\n", name, strings.ReplaceAll(err.Error(), "\n", "\n         "))
			answer.Said = said
		} else {
			passed++
			fmt.Printf("ok       %s\n", name)
			answer.Said, answer.Passed = said, true
		}
		if err := answers.write(answer); err != nil {
			return false, err
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return failed == 0, nil
}

// runStep returns the peer's answer in the last try.
func runStep(transcript *transcript, network *network, step step) ([]string, error) {
	end := time.Now()
	if step["eventually"] == true {
		end = end.Add(eventually)
	}
	for {
		said, err := runOnce(transcript, network, step)
		if err == nil || time.Now().After(end) {
			return said, err
		}
		time.Sleep(betweenTries)
	}
}

func runOnce(transcript *transcript, network *network, step step) ([]string, error) {
	filled, err := transcript.fill(step)
	if err != nil {
		return nil, err
	}
	kind := filled.text("kind")
	if kind == "" {
		kind = "evaluate"
	}
	run, known := kinds[kind]
	if !known {
		return nil, fmt.Errorf("there is no kind of step %q", kind)
	}
	scene := &scene{network: network, transcript: transcript, step: filled}
	err = run(scene)
	return scene.said, err
}
