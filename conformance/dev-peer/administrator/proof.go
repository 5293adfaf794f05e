package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc/status"
)

const (
	name = "everything"
	// unavailable is the gateway's whole error for chaincode that its peer cannot run.
	unavailable = "no peers available to evaluate chaincode everything in channel mychannel"
)

// proof counts the successful checks.
type proof struct {
	*network
	ctx            context.Context
	pkg            []byte
	passed, failed int
}

// is compares an answer, or fails with the error.
func (p *proof) is(what string, answer any, err error, expected string) {
	found := fmt.Sprint(answer)
	if err != nil {
		found = fmt.Sprintf("an error: %v: %s", err, detail(err))
	}
	p.say(what, found == expected, expected, found)
}

// refused compares the text of an error, which is in the details of the gateway's error.
func (p *proof) refused(what string, err error, expected string) {
	found := "no error"
	if err != nil {
		found = err.Error()
		if text := detail(err); text != "" {
			found = text
		}
	}
	p.say(what, strings.HasSuffix(found, expected), expected, found)
}

func (p *proof) say(what string, isRight bool, expected, found string) {
	if isRight {
		p.passed++
		fmt.Printf("ok   %s\n", what)
		return
	}
	p.failed++
	fmt.Printf("FAIL %s\n  expected %s\n  found    %s\n", what, expected, found)
}

// detail is the message of the first ErrorDetail.
func detail(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if detail, ok := detail.(*gateway.ErrorDetail); ok {
			return detail.GetMessage()
		}
	}
	return ""
}

// deploy starts with an empty peer and ends with an answer of the chaincode.
func (p *proof) deploy() {
	p.is("nothing is installed", p.installed(), nil, "")
	_, err := p.adminGateway.QueryCommittedWithName(p.ctx, channel, name)
	p.refused("what is not committed is not found", err, "namespace everything is not defined")
	_, err = p.user.Install(p.ctx, bytes.NewReader(p.pkg))
	p.refused("a user may not install", err, "The identity is not an admin under this MSP [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]")
	_, err = p.admin.Install(p.ctx, strings.NewReader("no package"))
	p.refused("what is no package is not installed", err,
		"could not parse as a chaincode install package: error reading as gzip stream: gzip: invalid header")

	id := p.install("everything_1.0")
	_, err = p.admin.Install(p.ctx, bytes.NewReader(p.pkg))
	p.refused("a package is installed once", err,
		fmt.Sprintf("chaincode already successfully installed (package ID '%s')", id))
	p.is("it is in no use", p.installed(), nil, id+" ")

	definition := p.definition(1, "1.0", id)
	p.is("nobody has approved it", p.readiness(definition), nil,
		"map[Org1MSP:false] ChaincodeParameters")
	p.refused("what the organization has not approved is not committed", p.adminGateway.Commit(p.ctx, definition),
		"chaincode definition not agreed to by this org (Org1MSP)")
	p.refused("the first sequence number is 1", p.adminGateway.Approve(p.ctx, p.definition(2, "1.0", id)),
		"requested sequence 2 is larger than the next available sequence number 1")
	p.is("the definition is approved", "", p.adminGateway.Approve(p.ctx, definition), "")
	p.refused("and not twice", p.adminGateway.Approve(p.ctx, definition),
		"attempted to redefine uncommitted sequence (1) for namespace everything with unchanged content")
	p.is("it is ready", p.readiness(definition), nil, "map[Org1MSP:true] ")
	p.is("another version is not", p.readiness(p.definition(1, "1.1", id)), nil,
		"map[Org1MSP:false] EndorsementInfo")
	approved, err := p.adminGateway.QueryApproved(p.ctx, channel, name, 0)
	p.is("the approval is told", approved.GetVersion()+" "+approved.GetSource().GetLocalPackage().GetPackageId(), err, "1.0 "+id)

	_, err = p.ask()
	p.refused("what is not committed does not run", err, unavailable)
	p.is("the definition is committed", "", p.adminGateway.Commit(p.ctx, definition), "")
	p.is("it is told", p.committed(), nil, "everything 1 1.0 escc vscc map[Org1MSP:true]")
	p.is("the package is in use", p.installed(), nil, id+" mychannel everything 1.0")
	p.answers("go")
	_, err = p.contracts.GetContract(name).SubmitTransaction("Put", "key", "kept")
	p.is("the chaincode writes", "", err, "")
}

// upgrade checks the earlier state, and continues with the next package, which has a collection and a policy.
func (p *proof) upgrade() {
	p.is("the definition is still there", p.committed(), nil, "everything 1 1.0 escc vscc map[Org1MSP:true]")
	p.answers("go")
	before := p.installed()
	p.say("the package is still installed", strings.HasSuffix(before, " mychannel everything 1.0"), "a package in use", before)

	id := p.install("everything_2.0")
	definition := p.definition(2, "2.0", id)
	var err error
	definition.ApplicationPolicy, err = chaincode.NewApplicationPolicy("OR('Org1MSP.peer')", "")
	p.is("the SDK makes a policy", "", err, "")
	definition.Collections = collections()
	p.is("the next definition is approved", "", p.adminGateway.Approve(p.ctx, definition), "")
	p.answers("go")
	p.is("the next definition is committed", "", p.adminGateway.Commit(p.ctx, definition), "")
	p.is("it is told", p.committed(), nil, "everything 2 2.0 escc vscc map[Org1MSP:true]")
	p.answers("node")
	contract := p.contracts.GetContract(name)
	value, err := contract.EvaluateTransaction("Get", "key")
	p.is("the state stays", string(value), err, "kept")
	_, err = contract.SubmitTransaction("PutPrivate", "shared", "key", "private")
	p.is("the collection takes a value", "", err, "")
	value, err = contract.EvaluateTransaction("GetPrivate", "shared", "key")
	p.is("and gives it back", string(value), err, "private")

	gone := p.definition(3, "3.0", id)
	p.refused("a collection stays", p.adminGateway.Approve(p.ctx, gone),
		"the proposed collection config does not contain previously defined collections")
	gone.Collections, gone.PackageID = definition.Collections, "everything_3.0:"+strings.Repeat("0", 64)
	p.is("a package may be approved before it is installed", "", p.adminGateway.Approve(p.ctx, gone), "")
	p.is("its definition is committed", "", p.adminGateway.Commit(p.ctx, gone), "")
	_, err = p.ask()
	p.refused("and does not run", err, unavailable)
	gone.PackageID = id
	p.is("another package is approved for it", "", p.adminGateway.Approve(p.ctx, gone), "")
	p.answers("node")
}

// install installs the package, and compares the peer's answer with the SDK's results for the file.
func (p *proof) install(label string) string {
	id, err := chaincode.PackageID(bytes.NewReader(p.pkg))
	p.is("the SDK reads the package", strings.HasPrefix(id, label+":"), err, "true")
	result, err := p.admin.Install(p.ctx, bytes.NewReader(p.pkg))
	p.is("the package is installed", result.GetPackageId()+" "+result.GetLabel(), err, id+" "+label)
	pkg, err := p.admin.GetInstalled(p.ctx, id)
	p.is("the peer has it byte for byte", bytes.Equal(pkg, p.pkg), err, "true")
	return id
}

func (p *proof) answers(language string) {
	answer, err := p.ask()
	var about struct{ Language string }
	if err == nil {
		err = json.Unmarshal(answer, &about)
	}
	p.is("the chaincode in "+language+" answers", about.Language, err, language)
}

// ask calls a function without arguments.
func (p *proof) ask() ([]byte, error) {
	return p.contracts.GetContract(name).EvaluateTransaction("About")
}
