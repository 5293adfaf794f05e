package main

import "fmt"

// Typical templates in connection.json: addresses from the peer's name or
// the package label, ports, defaults, certificates chosen by a flag.
var everydayTemplates = []string{
	`{{.host}}`, `{{.host}}:{{.port}}`, `{{ .host }}:{{ .port }}`, `{{- .host -}}`, `asset:9999`, ``,
	`{{.peername}}_asset:7052`, `{{.peer_name}}.{{.namespace}}.svc.cluster.local:7052`,
	`{{.peer_name}}-cc-{{.package_label}}:7052`, `{{.package_label}}-{{.package_hash_short}}.{{.namespace}}:9999`,
	`{{.chaincode.address}}`, `{{.chaincode.host}}:{{.chaincode.port}}`, `{{$.chaincode.host}}:{{$.port}}`,
	`{{(.chaincode).host}}`, `{{.chaincode.tls.enabled}}`, `{{.}}`, `{{$}}`, `{{.chaincode}}`, `{{.list}}`,
	`{{.missing}}`, `{{.chaincode.missing}}`, `{{.chaincode.tls.missing}}`, `{{.host.missing}}`,
	`{{or (index . "host") "localhost"}}:7052`, `{{or (index . "absent") "localhost"}}:{{or (index . "absent_port") 7052}}`,
	`{{index . "host"}}`, `{{index . "absent"}}`, `{{index .chaincode "host"}}`, `{{index . "chaincode" "tls" "enabled"}}`,
	`{{index .list 0}}`, `{{index .list 1}}`, `{{index .list 7}}`, `{{index .servers 0 "name"}}`, `{{(index .servers 0).name}}:{{(index .servers 0).port}}`,
	`{{with index . "host"}}{{.}}{{else}}localhost{{end}}:7052`, `{{with .chaincode}}{{.host}}:{{.port}}{{end}}`,
	`{{with $c := .chaincode}}{{$c.host}}{{end}}`, `{{with .chaincode.tls}}{{.enabled}}{{else}}no tls{{end}}`,
	`{{with index . "absent"}}{{.x}}{{else with index . "chaincode"}}{{.host}}{{else}}none{{end}}`,
	`{{if .tls}}tls{{else}}plain{{end}}`, `{{if not .tls}}plain{{end}}`, `{{if and .tls .host}}both{{end}}`, `{{if or .tls .host}}one{{end}}`,
	`{{if eq .mode "prod"}}prod{{else if eq .mode "test"}}test{{else}}dev{{end}}`,
	`{{if ne .mode "prod"}}{{.host}}{{else}}{{.host}}.example.com{{end}}:{{.port}}`,
	`{{if eq .mode "prod" "test"}}managed{{else}}local{{end}}`, `{{if eq .port 7052}}default{{end}}`, `{{if eq .port 7052.0}}default{{else}}other{{end}}`,
	`{{if gt .port 1024.0}}high{{else}}low{{end}}`, `{{if lt .port 1024.0}}low{{end}}`, `{{if le .port 7052.0}}le{{end}}{{if ge .port 7052.0}}ge{{end}}`,
	`{{if and (eq .mode "prod") .tls}}secure{{end}}`, `{{if or (eq .mode "prod") (eq .mode "test")}}x{{end}}`,
	`{{if index . "absent"}}set{{else}}unset{{end}}`, `{{if .list}}{{len .list}} entries{{else}}empty{{end}}`, `{{if eq (len .list) 3}}three{{end}}`,
	`{{if .empty}}x{{else}}empty{{end}}`, `{{if .zero}}x{{else}}zero{{end}}`, `{{if .null}}x{{else}}null{{end}}`, `{{if eq .null nil}}nil{{end}}`,
	`{{range .list}}{{.}},{{end}}`, `{{range $i, $e := .list}}{{$i}}={{$e}} {{end}}`, `{{range $e := .list}}[{{$e}}]{{end}}`,
	`{{range .servers}}{{.name}}:{{.port}};{{end}}`, `{{range $i, $s := .servers}}{{if $i}},{{end}}{{$s.name}}:{{$s.port}}{{end}}`,
	`{{range $k, $v := .chaincode}}{{$k}}={{$v}} {{end}}`, `{{range $k, $v := .labels}}{{$k}}={{$v}},{{end}}`, `{{range .empty_list}}x{{else}}none{{end}}`,
	`{{range .list}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}`, `{{range .list}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}`,
	`{{range .servers}}{{$.host}}/{{.name}} {{end}}`, `{{range 3}}{{.}}{{end}}`, `{{range $i := 3}}{{$i}}{{end}}`,
	`{{$h := .host}}{{$h}}:{{.port}}`, `{{$h := "fallback"}}{{if .host}}{{$h = .host}}{{end}}{{$h}}`, `{{$p := or (index . "absent") 9999}}{{.host}}:{{$p}}`,
	`{{$addr := printf "%s:%v" .host .port}}{{$addr}}`, `{{printf "%s:%v" .host .port}}`, `{{printf "%s:%.0f" .host .port}}`, `{{printf "%s:%d" .host 7052}}`,
	`{{printf "%s-%s" .host .mode}}`, `{{printf "%q" .host}}`, `{{printf "%v" .list}}`, `{{printf "%v %v" .tls .null}}`, `{{printf "%s" .port}}`, `{{printf "%d" .port}}`,
	`{{printf "%05.0f" .port}}`, `{{printf "%-10s|%10s" .host .host}}`, `{{printf "%.3s" .host}}`, `{{printf "%x" .host}}`, `{{printf "%t" .tls}}`, `{{printf "%g" .ratio}}`, `{{printf "%.2f" .ratio}}`,
	`{{printf "%s"}}`, `{{printf "%s" .host .mode}}`, `{{printf "100%%"}}`, `{{printf .format .host}}`, `{{printf "%[2]s-%[1]s" .host .mode}}`,
	`{{print .host ":" .port}}`, `{{print .host .mode}}`, `{{print .port .big}}`, `{{print "a" 1 2 "b"}}`, `{{print .null}}`, `{{println .host .port}}`,
	`{{.host | printf "%s:7052"}}`, `{{.host | printf "%s:%d" | print}}`, `{{.host | len}}`, `{{.mode | eq "prod"}}`, `{{"literal" | printf "%s-%s" .host}}`, `{{.host | html}}`, `{{.url | urlquery}}`, `{{.text | js}}`, `{{.text | html}}`,
	`{{len .host}}`, `{{len .list}}`, `{{len .chaincode}}`, `{{slice .host 0 4}}`, `{{slice .host 2}}`, `{{slice .list 1 2}}`, `{{slice .package_hash 0 8}}`,
	`{{.port}} {{.big}} {{.ratio}} {{.zero}} {{.negative}} {{.small}}`, `{{.big}}`, `{{.million}}`, `{{.huge}}`, `{{.small}}`, `{{.ratio}}`, `{{.negative}}`, `{{.id}}`,
	`{{.null}}`, `{{.tls}}`, `{{.empty}}`, `{{7052}}`, `{{7052.0}}`, `{{1e3}}`, `{{1000000.0}}`, `{{"quoted \"text\""}}`, "{{`raw text`}}", `{{true}}`, `{{'a'}}`,
	`{{/* the chaincode service */}}{{.host}}`, `{{- /* trimmed */ -}} {{.host}}`, "  {{- .host }}\n{{ .port -}}\n  end", "line one\n{{.host}}\nline three\n",
	"{{if .tls -}}\n  {{.host}}\n{{- else -}}\n  none\n{{- end}}", `{{define "addr"}}{{.host}}:{{.port}}{{end}}{{template "addr" .}}`, `{{define "h"}}{{.}}{{end}}{{template "h" .host}}:1`,
	`{{block "addr" .chaincode}}{{.host}}:{{.port}}{{end}}`, `{{define "s"}}{{.name}} {{end}}{{range .servers}}{{template "s" .}}{{end}}`, `{{template "nowhere" .}}`,
	`-----BEGIN CERTIFICATE-----` + "\nMIIB{{.package_label}}\n-----END CERTIFICATE-----\n", `{"json": "{{.host}}"}`, `{{.host}}}`, `{ {.host} }`, `{{"{{"}}.host{{"}}"}}`,
	`{{.text}}`, `{{.url}}`, `{{.unicode}}`, `{{len .unicode}}`, `{{printf "%5s|" .unicode}}`, `{{printf "%q" .unicode}}`, `{{index .unicode 0}}`,
	`{{.host`, `{{.host}`, `{{}}`, `{{end}}`, `{{if .tls}}`, `{{if .tls}}x{{end}}{{end}}`, `{{else}}`, `{{.host | nofunc}}`, `{{nofunc .host}}`, `{{$undefined}}`, `{{.host-name}}`, `{{"unterminated}}`, `{{range}}{{end}}`, `{{if}}{{end}}`, `{{.port + 1}}`, `{{add .port 1}}`, `{{default "x" .host}}`,
	`{{if eq .tls true}}tls{{end}}`, `{{if eq .tls "true"}}tls{{end}}`, `{{not .tls}}`, `{{and .tls .host}}`, `{{or .empty .host}}`, `{{or .null .zero .host}}`, `{{and .host .missing}}`, `{{or .host .missing}}`, `{{eq .host .host}}`, `{{ne .host .mode}}`, `{{lt .host .mode}}`,
}

var everydayData = []*string{
	text(`{"host":"cc.example.com","port":7052,"mode":"prod","tls":true,"peername":"org1peer1","peer_name":"peer0-org1","namespace":"fabric","package_label":"asset_1.0","package_hash":"6d8f0a1b2c3d4e5f60718293a4b5c6d7e8f901234567890abcdef1234567890a","package_hash_short":"6d8f0a1b2c3d","chaincode":{"address":"cc:1","host":"cc-host","port":9999,"tls":{"enabled":false}},"list":["a","b","c"],"empty_list":[],"servers":[{"name":"s1","port":1},{"name":"s2","port":2.5}],"labels":{"z":"1","a":"2","M":"3"},"empty":"","zero":0,"null":null,"format":"<%s>","big":12345678,"million":1000000,"huge":1e21,"small":0.00001,"ratio":0.25,"negative":-17,"id":9007199254740993,"url":"https://h/p?q=a b&c=d","text":"<b>\"it's\" & = \n</b>","unicode":"héllo wörld 日本 😀"}`),
	text(`{"host":"127.0.0.1","port":999999,"mode":"test","tls":false,"chaincode":{"host":"","port":0,"tls":{}},"list":["b"],"servers":[],"empty":"x","zero":-0.0,"null":{},"ratio":1e-7,"big":1e6,"unicode":"","text":"","package_hash":"abc","package_label":"l","namespace":"ns","labels":{}}`),
	text(`{}`),
	nil,
}

func text(s string) *string { return &s }

func everydayCases() []Case {
	var cases []Case
	for t, template := range everydayTemplates {
		for d, data := range everydayData {
			cases = append(cases, Case{ID: fmt.Sprintf("everyday-%03d-%d", t, d), Template: template, Data: data})
		}
	}
	return cases
}
