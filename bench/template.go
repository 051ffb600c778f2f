// What bench/template-bench.c measures, with Go's own text/template.
package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"
	"time"
)

const (
	rounds  = 15
	actions = 10000
	filler  = 90
)

const small = "{{repl $x := \"db\"}}host={{repl $x | printf \"%s.example\"}} {{repl if eq $x \"db\"}}a" +
	"{{repl else}}b{{repl end}}{{repl range $i := list 1 2 3}} {{repl $i}}{{repl end}}\n"

var functions = template.FuncMap{"list": func(v ...interface{}) []interface{} { return v }}

func large() string {
	var text strings.Builder
	kinds := []string{"{{repl print 1}}", "{{repl printf \"%s-%d\" \"a\" 7}}", "{{repl \"x\" | len}}",
		"{{repl if true}}y{{repl end}}"}

	for i := 0; i < actions; i++ {
		for k := 0; k < filler; k++ {
			if k%30 == 29 {
				text.WriteByte('\n')
			} else {
				text.WriteByte(byte('a' + k%26))
			}
		}
		text.WriteString(kinds[i%4])
	}
	return text.String()
}

func parse(text string) *template.Template {
	return template.Must(template.New("bench").Delims("{{repl ", "}}").Funcs(functions).Parse(text))
}

func measure(name, text string, times int) {
	best := [3]time.Duration{time.Hour, time.Hour, time.Hour}
	var out bytes.Buffer
	run := func(t *template.Template) {
		out.Reset()
		if err := t.Execute(&out, nil); err != nil {
			panic(err)
		}
	}
	take := func(k int, since time.Time) {
		if d := time.Since(since) / time.Duration(times); d < best[k] {
			best[k] = d
		}
	}
	for round := 0; round < rounds; round++ {
		var t *template.Template
		start := time.Now()
		for i := 0; i < times; i++ {
			t = parse(text)
		}
		take(0, start)
		start = time.Now()
		for i := 0; i < times; i++ {
			run(t)
		}
		take(1, start)
		start = time.Now()
		for i := 0; i < times; i++ {
			run(parse(text))
		}
		take(2, start)
	}
	for k, what := range []string{"parse", "render", "both"} {
		fmt.Printf("%s-%s %.2f\n", name, what, float64(best[k].Nanoseconds())/1000)
	}
}

func main() {
	measure("small", small, 200)
	measure("large", large(), 1)
}
