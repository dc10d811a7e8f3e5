package arch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hawser-mta/hawser/"

// pkg is what go list tells.
type pkg struct {
	ImportPath, Dir, Name string
	GoFiles               []string
	Imports               []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Name,GoFiles,Imports", "./...")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		list = append(list, p)
	}
	if len(list) < 20 {
		t.Fatalf("only %d packages", len(list))
	}
	return list
}

// layers from the bottom to the top: a package imports its own layer (in the
// order below) and lower ones.
var layers = []string{"lang", "runtime", "stdlib", "mta", "cmd"}

// order inside a layer: left may be imported by right. Packages of one group are
// siblings that do not know each other.
var order = map[string][][]string{
	"lang":    {{"token"}, {"diag"}, {"sig"}, {"ast"}, {"bytecode"}, {"parser"}, {"resolve"}, {"compile"}, {"golden"}},
	"runtime": {{"value", "pcre"}, {"vm"}, {"registry"}, {"pki", "foreign"}, {"module", "reload", "inspect"}, {"runtest"}},
	"mta": {{"address", "smtp", "message", "slots"}, {"spf", "dkim", "dsn", "route", "smtpclient"}, {"dane"}, {"config"}, {"workspace"}, {"spool"}, {"policy"}, {"plugin"}, {"queue"},
		{"script"}, {"hook"}, {"hooktest"}, {"smtpserver", "delivery"}, {"control"}, {""}},
}

// siblings are imports inside a group that are allowed, with the reason.
var siblings = map[string]string{
	"mta/smtp > mta/address": "paths of MAIL and RCPT are addresses",
}

// upper layers see only the data of lang, not its machinery.
var langForUpper = []string{"lang/token", "lang/diag", "lang/sig"}

func layer(path string) int { return slices.Index(layers, strings.SplitN(path, "/", 2)[0]) }

func rank(path string) int {
	parts := strings.Split(path, "/")
	room := ""
	if len(parts) > 1 {
		room = parts[1]
	}
	for i, group := range order[parts[0]] {
		if slices.Contains(group, room) {
			return i
		}
	}
	return -1
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			imp, own := strings.CutPrefix(imp, module)
			if !own {
				continue
			}
			if reason := forbidden(p.ImportPath, imp); reason != "" && siblings[p.ImportPath+" > "+imp] == "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imp, reason)
			}
		}
	}
}

// forbidden tells why an import is not allowed, "" when it is.
func forbidden(from, to string) string {
	a, b := layer(from), layer(to)
	switch {
	case a < 0 || b < 0:
		return "the package is in no layer"
	case b > a:
		return "it points up"
	case b < a:
		if layers[b] == "lang" && (layers[a] == "stdlib" || layers[a] == "mta") && !slices.Contains(langForUpper, to) {
			return "of lang only token, diag and sig"
		}
		return ""
	}
	room := func(p string) string { return strings.SplitN(p+"/", "/", 3)[1] }
	switch layers[a] {
	case "stdlib":
		if strings.Contains(from, "/") && room(from) != room(to) {
			return "domains are not siblings that know each other"
		}
	case "cmd":
		if !strings.HasPrefix(to, "cmd/internal/") {
			return "of cmd only internal"
		}
	default:
		if room(from) == room(to) {
			return ""
		}
		x, y := rank(from), rank(to)
		if x < 0 || y < 0 {
			return "the package is not in the order of its layer"
		}
		if y >= x {
			return "it points sideways or up inside its layer"
		}
	}
	return ""
}

// std are names that readers use daily for something else.
var std = strings.Fields("runtime http time testing debug context errors log net io")

func TestNames(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if slices.Contains(std, p.Name) {
			t.Errorf("%s takes the name of a standard package", p.ImportPath)
		}
	}
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		lines := 0
		for _, f := range p.GoFiles {
			tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if tree.Doc != nil {
				lines += strings.Count(tree.Doc.Text(), "\n")
			}
		}
		if lines < 3 {
			t.Errorf("%s: the package comment has %d lines, want 3 at least", p.ImportPath, lines)
		}
	}
}

const (
	maxFile = 700
	maxFunc = 80
)

// long are functions over the limit, with the reason.
var long = map[string]string{
	"runtime/vm.(*Thread).loop":     "the dispatch loop",
	"runtime/pcre.(*machine).run":   "the dispatch loop of the regex machine",
	"stdlib/clock.conversion":       "a table of conversions",
	"stdlib/clock.(*parser).field":  "a table of conversions",
	"mta/script/mail.builders":      "a table of methods",
	"mta/script/mail.messages":      "a table of methods",
	"mta/script/mail.bodyMethods":   "a table of methods",
	"stdlib/encode.texts":           "a table of functions",
	"lang/golden.(*printer).expr":   "a case for each kind of expression",
	"lang/golden.(*printer).stmt":   "a case for each kind of statement",
	"lang/bytecode.init":            "the table of operations",
	"lang/parser.(*scanner).symbol": "a table of symbols",
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			path := filepath.Join(p.Dir, name)
			tree, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if n := fset.Position(tree.End()).Line; n > maxFile {
				t.Errorf("%s/%s has %d lines, at most %d", p.ImportPath, name, n, maxFile)
			}
			for _, d := range tree.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Body == nil {
					continue
				}
				n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1
				if n > maxFunc && long[p.ImportPath+"."+funcName(f)] == "" {
					t.Errorf("%s.%s has %d lines, at most %d", p.ImportPath, funcName(f), n, maxFunc)
				}
			}
		}
	}
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	switch r := f.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		return fmt.Sprintf("(*%s).%s", r.X, f.Name.Name)
	case *ast.Ident:
		return r.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// fromHost are calls that a built-in must make through vm.Host.
var fromHost = []string{"time.Now", "time.Sleep", "net.Dial", "net.DialTimeout", "os.Open", "os.ReadFile", "http.Get", "fmt.Print", "fmt.Println", "fmt.Printf"}

// exempt are packages that may, with the reason.
var exempt = map[string]string{
	"stdlib/dns":    "the resolver is what the host hands out",
	"stdlib/socket": "deadlines are those of the kernel",
}

func TestForbiddenCalls(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, "stdlib/") && !strings.HasPrefix(p.ImportPath, "mta/script") && !strings.HasPrefix(p.ImportPath, "lang/") || exempt[p.ImportPath] != "" {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			tree, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && slices.Contains(fromHost, x.Name+"."+s.Sel.Name) && !strings.HasPrefix(p.ImportPath, "lang/golden") {
						t.Errorf("%s: %s.%s must come from the host", fset.Position(n.Pos()), x.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// TestReadmeTable: every direct dependency has its line in the README.
func TestReadmeTable(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(mod)) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		name, _, ok := strings.Cut(line, " v")
		if !ok || strings.HasSuffix(line, "// indirect") || strings.HasPrefix(line, "//") {
			continue
		}
		n++
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md gives no reason for %s", name)
		}
	}
	if n == 0 || n > 40 {
		t.Errorf("%d direct dependencies, want 1 to 40", n)
	}
}
