{{/* The environment of one service: (dict "root" $ "name" "ledger" "service" … "settings" …) */}}
{{- define "paygraph.env" -}}
{{- $root := .root }}
{{- $scheme := ternary "https" "http" (not (empty $root.Values.secrets.certificates)) }}
- { name: HOST, value: 0.0.0.0 }
- { name: PORT, value: "4000" }
- { name: METRICS_PORT, value: "9464" }
- { name: LOG_LEVEL, value: {{ $root.Values.logLevel }} }
- { name: SHUTDOWN_SECONDS, value: {{ $root.Values.shutdownSeconds | quote }} }
- { name: ACCESS_TOKEN_JWKS_URL, value: "{{ $scheme }}://{{ include "paygraph.name" (dict "root" $root "name" "profile") }}:4000/.well-known/jwks.json" }
{{- with $root.Values.otlpEndpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
{{- end }}
{{- if $root.Values.secrets.certificates }}
- { name: TLS_DIRECTORY, value: /certificates }
{{- end }}
{{- if .service.key }}
- { name: SERVICE_JWKS_FILE, value: /keys/services.jwks.json }
- { name: SERVICE_KEY_FILE, value: /keys/{{ .name }}.key.json }
{{- end }}
{{- if .service.accessTokenKey }}
- { name: ACCESS_TOKEN_KEY_FILE, value: /keys/access-token.key.json }
{{- end }}
{{- range .service.calls }}
- { name: {{ upper . }}_URL, value: "{{ $scheme }}://{{ include "paygraph.name" (dict "root" $root "name" .) }}:4000/graphql" }
{{- end }}
{{- if .service.database }}
- name: {{ upper .name }}_DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ $root.Values.secrets.databases }}, key: {{ upper .name }}_DATABASE_URL }
{{- end }}
{{- if and .service.redis $root.Values.secrets.redis }}
- name: REDIS_URL
  valueFrom:
    secretKeyRef: { name: {{ $root.Values.secrets.redis }}, key: REDIS_URL }
{{- end }}
{{- if and (eq .name "gateway") $root.Values.ingress.trustedProxies }}
- { name: TRUSTED_PROXIES, value: {{ join "," $root.Values.ingress.trustedProxies | quote }} }
{{- end }}
{{- range $variable, $value := .settings.env }}
- { name: {{ $variable }}, value: {{ $value | quote }} }
{{- end }}
{{- end -}}
