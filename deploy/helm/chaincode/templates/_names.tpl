{{- define "chaincode.selector" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/component: chaincode
{{- end }}

{{- define "chaincode.labels" -}}
{{ include "chaincode.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "chaincode.secret" -}}
{{ .Values.tls.secretName | default (printf "%s-tls" .Release.Name) }}
{{- end }}
