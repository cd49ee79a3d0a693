package qualify_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostNames is how many types, functions and variables the package may have on its first level.
const mostNames = 60

// plainFields are the fields that need no comment of their own: their names, and the comment of their type, say what they are.
var plainFields = []string{
	"Bool", "Criterion", "Group", "High", "ID", "Label", "Low", "Note", "Parent", "Points", "Question", "Rule", "Set", "Stage", "When",
}

// A surface is what a package exports.
type surface struct {
	files *token.FileSet
	names []string // of the first level
	bare  []string // what has no comment, with its place
}

// TestSurface holds the package to few names, and it and the packages beside it
// to a comment on each.
func TestSurface(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	surfaces := map[string]*surface{} // by folder
	for _, file := range sourceFiles(t, files) {
		if below("internal", file.dir) {
			continue
		}
		s := surfaces[file.dir]
		if s == nil {
			s = &surface{files: files}
			surfaces[file.dir] = s
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				s.function(d)
			case *ast.GenDecl:
				s.group(d)
			}
		}
	}
	for dir, s := range surfaces {
		slices.Sort(s.names)
		t.Logf("%s: %d names: %s", dir, len(s.names), strings.Join(s.names, " "))
		if len(s.names) == 0 || dir == "." && len(s.names) > mostNames {
			t.Errorf("%s exports %d names; the root may export %d", dir, len(s.names), mostNames)
		}
		for _, bare := range s.bare {
			t.Error(bare)
		}
	}
}

func (s *surface) report(n ast.Node, format string, arguments ...any) {
	s.bare = append(s.bare, s.files.Position(n.Pos()).String()+": "+fmt.Sprintf(format, arguments...))
}

func (s *surface) function(d *ast.FuncDecl) {
	if !d.Name.IsExported() {
		return
	}
	if d.Recv == nil {
		s.names = append(s.names, d.Name.Name)
	} else if !ast.IsExported(typeName(d.Recv.List[0].Type)) {
		return
	}
	s.begins(d, d.Name.Name, d.Doc)
}

// typeName names the type of a method, or of a field or its elements.
func typeName(of ast.Expr) string {
	for {
		switch e := of.(type) {
		case *ast.StarExpr:
			of = e.X
		case *ast.IndexExpr:
			of = e.X
		case *ast.ArrayType:
			of = e.Elt
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

func (s *surface) group(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			s.names = append(s.names, spec.Name.Name)
			doc := spec.Doc
			if doc == nil {
				doc = d.Doc
			}
			s.begins(spec, spec.Name.Name, doc)
			switch of := spec.Type.(type) {
			case *ast.StructType:
				s.fields(spec.Name.Name, of.Fields.List)
			case *ast.InterfaceType:
				s.fields(spec.Name.Name, of.Methods.List)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if !name.IsExported() {
					continue
				}
				if d.Tok != token.CONST { // those of a listed type are free
					s.names = append(s.names, name.Name)
				}
				if text(spec.Doc)+text(spec.Comment)+text(d.Doc) == "" {
					s.report(name, "%s has no comment", name.Name)
				}
			}
		}
	}
}

// begins wants a comment that begins with the name, as go doc shows it.
func (s *surface) begins(n ast.Node, name string, doc *ast.CommentGroup) {
	words := strings.Fields(text(doc))
	if len(words) > 1 && (words[0] == "A" || words[0] == "An" || words[0] == "The") {
		words = words[1:]
	}
	if len(words) == 0 || strings.Trim(words[0], ",.:") != name {
		s.report(n, "the comment of %s does not begin with its name", name)
	}
}

// fields wants a comment on each exported field: its own, or that of the field which the run of fields that it stands in begins
// with, if that one speaks of it.
func (s *surface) fields(of string, list []*ast.Field) {
	said, last := "", 0
	for _, f := range list {
		start := f.Pos()
		if f.Doc != nil {
			start = f.Doc.Pos()
		}
		switch {
		case f.Doc != nil:
			said = text(f.Doc)
		case s.files.Position(start).Line > last+1: // a blank line ends the run
			said = ""
		}
		last = s.files.Position(f.End()).Line
		names := f.Names
		if len(names) == 0 { // embedded
			names = []*ast.Ident{ast.NewIdent(typeName(f.Type))}
		}
		for _, name := range names {
			own := text(f.Doc)+text(f.Comment) != ""
			spoken := regexp.MustCompile(`(?i)\b` + name.Name + `\b`).MatchString(said)
			typed := strings.TrimSuffix(name.Name, "s") == strings.TrimSuffix(typeName(f.Type), "s") // the type's comment will do
			if name.IsExported() && !own && !spoken && !typed && !slices.Contains(plainFields, name.Name) {
				s.report(f, "%s.%s has no comment, and the one above it does not speak of it", of, name.Name)
			}
		}
	}
}

func text(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	return doc.Text()
}
