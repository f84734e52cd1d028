package mailsink

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
)

var list = template.Must(template.New("list").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><title>Mails that were sent</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#18181b}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #e4e4e7;vertical-align:top}a{color:#1d4ed8}</style></head>
<body><main><h1>Mails that were sent</h1><p>Nothing leaves this machine: the demo's mail server keeps what it is given. Load the page again for new ones.</p>
{{if .}}<table><thead><tr><th scope="col">At</th><th scope="col">To</th><th scope="col">From</th><th scope="col">Subject</th></tr></thead><tbody>
{{range .}}<tr><td>{{.At.Format "15:04:05"}}</td><td>{{range .To}}{{.}} {{end}}</td><td>{{.From}}</td><td><a href="/{{.Number}}">{{.Subject}}</a></td></tr>
{{end}}</tbody></table>{{else}}<p>None yet.</p>{{end}}</main></body></html>`))

var one = template.Must(template.New("one").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><title>{{.Subject}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#18181b}iframe{width:100%;height:36rem;border:1px solid #e4e4e7}
pre{white-space:pre-wrap;background:#f4f4f5;padding:1rem}a{color:#1d4ed8}</style></head>
<body><main><p><a href="/">All mails</a></p><h1>{{.Subject}}</h1><p>From {{.From}}, to {{range .To}}{{.}} {{end}}</p>
<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/{{.Number}}/html"></iframe>
<h2>As text</h2><pre>{{.Text}}</pre><p><a href="/{{.Number}}/raw">The whole mail as it was sent</a></p></main></body></html>`))

// ServeHTTP shows the mails: a list at /, one at /{number}.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.pages().ServeHTTP(w, r) }

func (s *Sink) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		all := s.All()
		slices.Reverse(all)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = list.Execute(w, all) // the browser may be gone
	})
	show := func(pattern string, f func(w http.ResponseWriter, m Mail)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.PathValue("number"))
			m, ok := s.Get(n)
			if !ok {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("X-Content-Type-Options", "nosniff")
			f(w, m)
		})
	}
	show("GET /{number}", func(w http.ResponseWriter, m Mail) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = one.Execute(w, m)
	})
	show("GET /{number}/html", func(w http.ResponseWriter, m Mail) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Links open in a tab of their own; nothing is loaded and no script runs.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox")
		_, _ = w.Write([]byte(`<base target="_blank">` + m.HTML))
	})
	show("GET /{number}/raw", func(w http.ResponseWriter, m Mail) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(m.Raw)
	})
	return mux
}
