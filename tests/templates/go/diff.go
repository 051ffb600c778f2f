// diff makes templates at random and gives them to Go's text/template and to our batch mode; it
// prints those on which the two disagree.
//
//	diff BATCH CONTEXT.json COUNT SEED
//
// It keeps to what Go 1.19 knows: no range over numbers, no else with, no Sprig but list and dict.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"
)

type request struct {
	ID       string `json:"id"`
	Template string `json:"template"`
	Dot      bool   `json:"dot"`
}

type reply struct {
	ID     string `json:"id"`
	OK     bool   `json:"ok"`
	Output string `json:"output"`
	Error  struct {
		Phase   string `json:"phase"`
		Message string `json:"message"`
	} `json:"error"`
}

var functions = template.FuncMap{
	"list": func(v ...interface{}) []interface{} { return v },
	"dict": func(v ...interface{}) map[string]interface{} {
		d := map[string]interface{}{}
		for i := 0; i < len(v); i += 2 {
			d[fmt.Sprint(v[i])] = ""
			if i+1 < len(v) {
				d[fmt.Sprint(v[i])] = v[i+1]
			}
		}
		return d
	},
}

// numbers as templates see them: int where there is neither fraction nor exponent
func settle(v interface{}) interface{} {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.Atoi(v.String()); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case []interface{}:
		for i := range v {
			v[i] = settle(v[i])
		}
	case map[string]interface{}:
		for k := range v {
			v[k] = settle(v[k])
		}
	}
	return v
}

type maker struct {
	*rand.Rand
	variables int
	depth     int
	inRange   int
}

func (m *maker) pick(words ...string) string { return words[m.Intn(len(words))] }

func (m *maker) constant() string {
	return m.pick(`1`, `0`, `-3`, `42`, `1.5`, `0.0`, `1e3`, `1e6`, `1e21`, `0x1F`, `017`, `1_000`, `'a'`,
		`"a"`, `""`, "`raw\\n`", `"é\t"`, `"\x41"`, `"<b>&'"`, `true`, `false`, `.5`, `1e-7`, `2i`,
		`9223372036854775807`, `"10"`, `08`, `1.`, `"a b"`)
}

func (m *maker) operand() string {
	m.depth++
	defer func() { m.depth-- }()
	n := m.Intn(12)
	if m.depth > 4 && n > 7 {
		n = 0
	}
	switch {
	case n < 4:
		return m.constant()
	case n < 7:
		return m.pick(`.`, `$`, `.name`, `.n`, `.list`, `.map`, `.missing`, `.nil`, `.nested.x.y.z`,
			`.pi`, `.mixed`, `.users`, `.t`, `.elist`, `.map.a`, `.missing.x`, `.name.x`, `.utf8`)
	case n < 8:
		if m.variables == 0 {
			return `nil`
		}
		return fmt.Sprintf("$v%d", m.Intn(m.variables+1))
	default:
		return "(" + m.pipe() + ")"
	}
}

func (m *maker) format() string {
	var s strings.Builder
	for i := 0; i <= m.Intn(3); i++ {
		s.WriteString(m.pick("", "x", " ", "%%") + "%" +
			m.pick("", "", "", "+", "-", "#", " ", "0", "+#") + m.pick("", "", "", "5", "12", "*") +
			m.pick("", "", "", ".2", ".0", ".10", ".") +
			m.pick("v", "v", "d", "s", "q", "x", "X", "t", "f", "g", "e", "c", "U", "o", "b", "T", "z", "G", "O"))
	}
	return strconv.Quote(s.String())
}

func (m *maker) command() string {
	a := m.operand
	switch m.Intn(16) {
	case 0:
		return m.pick("print", "println", "html", "js", "urlquery", "print") + " " + a() + " " + a()
	case 1, 2:
		return "printf " + m.format() + " " + a() + m.pick("", " "+a())
	case 3:
		return m.pick("eq", "ne", "lt", "le", "gt", "ge") + " " + a() + " " + a()
	case 4:
		return m.pick("and", "or") + " " + a() + " " + a() + m.pick("", " "+a())
	case 5:
		return m.pick("not", "len", "html") + " " + a()
	case 6:
		return "index " + a() + " " + a()
	case 7:
		return "list " + a() + " " + a()
	case 8:
		return `dict "a" ` + a() + ` "b" ` + a()
	case 9:
		return "eq " + a() + " " + a() + " " + a()
	default:
		return a()
	}
}

func (m *maker) pipe() string {
	s := m.command()
	for m.Intn(5) == 0 {
		s += " | " + m.pick("print", "printf "+m.format(), "len", "html", "not", "eq 1", "and 1", "js",
			"index .map", "printf \"%v\"", "list 1")
	}
	return s
}

func (m *maker) open() string  { return "{{repl " + m.pick("", "", "", "- ") }
func (m *maker) close() string { return m.pick("", "", "", " -") + "}}" }

func (m *maker) action(inner string) string { return m.open() + inner + m.close() }

func (m *maker) body() string {
	m.depth++
	variables := m.variables
	defer func() { m.depth--; m.variables = variables }()
	var s strings.Builder
	for i := 0; i <= m.Intn(4); i++ {
		n := m.Intn(12)
		if m.depth > 4 {
			n = 0
		}
		switch n {
		case 5:
			s.WriteString(m.action("if "+m.pipe()) + m.body() + m.pick("", m.action("else")+m.body(),
				m.action("else if "+m.pipe())+m.body()) + m.action("end"))
		case 6:
			s.WriteString(m.action("with "+m.pipe()) + m.body() + m.pick("", m.action("else")+m.body()) +
				m.action("end"))
		case 7:
			// no number to walk: Go 1.19 cannot
			m.inRange++
			s.WriteString(m.action("range "+m.pick("", "$k, $e := ", "$e := ")+
				m.pick(".list", ".map", ".users", ".mixed", ".elist", ".missing", "list 1 2", ".name")) +
				m.body() + m.pick("", m.action("else")+"none") + m.action("end"))
			m.inRange--
		case 8:
			s.WriteString(m.action(fmt.Sprintf("$v%d := %s", m.variables, m.pipe())))
			m.variables++
		case 9:
			s.WriteString(m.pick(" ", "\n", "text", "{{ x }}", "é ", "}}", "{{repl", "{{repl /* c */}}"))
		case 10:
			if m.inRange > 0 {
				s.WriteString(m.action(m.pick("break", "continue")))
			}
		case 11:
			s.WriteString(m.action("template \"t\" " + m.operand()))
		default:
			s.WriteString(m.action(m.pipe()))
		}
	}
	return s.String()
}

func (m *maker) text() string {
	s := m.pick("", "", `{{repl define "t"}}[{{repl .}}]{{repl end}}`) + m.body()
	if m.Intn(6) == 0 && len(s) > 0 { // a slip of the hand
		i := m.Intn(len(s))
		s = s[:i] + m.pick("", " ", "}", "(", ")", "\"", "|", ".", "$") + s[i+m.Intn(2):]
	}
	return strings.ToValidUTF8(s, "")
}

func expected(text string, data interface{}) (output, phase string) {
	t, err := template.New("(input)").Delims("{{repl ", "}}").Funcs(functions).Parse(text)
	if err != nil {
		return "", "parse"
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return "", "exec"
	}
	return out.String(), ""
}

func main() {
	count, _ := strconv.Atoi(os.Args[3])
	seed, _ := strconv.ParseInt(os.Args[4], 10, 64)
	file, err := os.Open(os.Args[2])
	if err != nil {
		panic(err)
	}
	var context map[string]interface{}
	decoder := json.NewDecoder(file)
	decoder.UseNumber()
	if err := decoder.Decode(&context); err != nil {
		panic(err)
	}
	data := settle(context["data"])

	m := &maker{Rand: rand.New(rand.NewSource(seed))}
	var input bytes.Buffer
	texts := make([]string, count)
	for i := range texts {
		m.variables, m.depth, m.inRange = 0, 0, 0
		texts[i] = m.text()
		line, _ := json.Marshal(request{strconv.Itoa(i), texts[i], true})
		input.Write(append(line, '\n'))
	}
	batch := exec.Command(os.Args[1], os.Args[2])
	batch.Stdin = &input
	batch.Stderr = os.Stderr
	ours, err := batch.Output()
	if err != nil {
		fmt.Println("# the batch failed:", err)
		os.Exit(1)
	}
	reader := bufio.NewReader(bytes.NewReader(ours))
	differ, rendered := 0, 0
	for i := range texts {
		var r reply
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err := json.Unmarshal(line, &r); err != nil {
			panic(err)
		}
		output, phase := expected(texts[i], data)
		if phase == "" {
			rendered++
		}
		if !utf8.ValidString(output) {
			continue // JSON cannot hold it
		}
		if r.OK == (phase == "") && (!r.OK || r.Output == output) && (r.OK || r.Error.Phase == phase) {
			continue
		}
		if differ++; differ <= 10 {
			fmt.Printf("# %q\n#   go   %q %s\n#   ours %q %s %s\n", texts[i], output, phase, r.Output,
				r.Error.Phase, r.Error.Message)
		}
	}
	fmt.Printf("# %d templates, %d of them without an error, seed %d: %d differ\n", count, rendered, seed, differ)
	if differ > 0 {
		os.Exit(1)
	}
}
