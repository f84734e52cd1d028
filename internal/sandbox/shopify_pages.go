package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// entryType is a metaobject definition of the store.
type entryType struct {
	id, kind     string // kind: app--1--name
	fields       map[string]string
	order        []string
	folder       string // of its pages, "": it has none
	publishable  bool
	titleKey     string
	descriptions string
	entries      map[string]*entry // by handle
	redirects    map[string]string // old handle → new
}

// entry is one metaobject.
type entry struct {
	id, handle string
	active     bool
	values     map[string]string
}

const (
	appPrefix = "app--1--"
	mostJSON  = 128 << 10
)

var (
	entryKey    = regexp.MustCompile(`^[a-zA-Z0-9_-]{2,64}$`)
	entryHandle = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,254}$`)
	folderName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,254}$`)
	valueKinds  = []string{"single_line_text_field", "multi_line_text_field", "json"}
)

// ownType is the name under which the store knows an app's type.
func ownType(t string) string {
	if name, own := strings.CutPrefix(t, "$app:"); own {
		return appPrefix + name
	}
	return t
}

// TakePageFolder gives /pages/{name}/… to something else, as a merchant may.
func (s *Store) TakePageFolder(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shop.folders[name] = true
}

func entryRefusal(key, code, msg string, path ...any) object {
	return object{{key, nil}, {"userErrors", list{object{{"field", list(path)}, {"code", code}, {"message", msg}}}}}
}

type (
	fieldInput      struct{ Key, Name, Type string }
	capabilityInput struct {
		OnlineStore *struct {
			Enabled bool
			Data    *struct{ URLHandle string }
		}
		Publishable *struct{ Enabled bool }
		Renderable  *struct {
			Enabled bool
			Data    *struct{ MetaTitleKey, MetaDescriptionKey string }
		}
	}
)

func (h *shopifySide) typeNode(t *entryType) any {
	if t == nil {
		return nil
	}
	fields := list{}
	for _, k := range t.order {
		fields = append(fields, object{{"key", k}})
	}
	var data any
	if t.folder != "" {
		data = object{{"urlHandle", t.folder}}
	}
	return object{{"id", t.id}, {"type", t.kind}, {"fieldDefinitions", fields},
		{"capabilities", object{{"onlineStore", object{{"enabled", t.folder != ""}, {"data", data}}}}}}
}

func remarshal(from, into any) {
	b, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		panic("sandbox: the schema lets something through: " + err.Error())
	}
}

func (h *shopifySide) createType(raw any) any {
	const key = "metaobjectDefinition"
	var in struct {
		Type             string
		Access           *struct{ Admin, Storefront string }
		Capabilities     capabilityInput
		FieldDefinitions []fieldInput
	}
	remarshal(raw, &in)
	kind := ownType(in.Type)
	switch {
	case h.types[kind] != nil:
		return entryRefusal(key, "TAKEN", "Type has already been taken", "definition", "type")
	case in.Access != nil && in.Access.Admin != "" && !strings.HasPrefix(in.Type, "$app:"):
		return entryRefusal(key, "ADMIN_ACCESS_INPUT_NOT_ALLOWED", "Admin access can only be specified on metaobject definitions that have an app-reserved type.", "definition", "access", "admin")
	}
	t := &entryType{kind: kind, fields: map[string]string{}, entries: map[string]*entry{}, redirects: map[string]string{}}
	if problem := t.add(in.FieldDefinitions); problem != nil {
		return problem(key)
	}
	c := in.Capabilities
	t.publishable = c.Publishable != nil && c.Publishable.Enabled
	if r := c.Renderable; r != nil && r.Data != nil {
		for _, k := range []string{r.Data.MetaTitleKey, r.Data.MetaDescriptionKey} {
			if k != "" && t.fields[k] == "" {
				return entryRefusal(key, "INVALID", "The key does not name a field.", "definition", "capabilities", "renderable")
			}
		}
		t.titleKey, t.descriptions = r.Data.MetaTitleKey, r.Data.MetaDescriptionKey
	}
	if o := c.OnlineStore; o != nil && o.Enabled {
		switch {
		case o.Data == nil || o.Data.URLHandle == "":
			return entryRefusal(key, "URL_HANDLE_BLANK", "Url handle can't be blank", "definition", "capabilities", "onlineStore", "data", "urlHandle")
		case !folderName.MatchString(o.Data.URLHandle):
			return entryRefusal(key, "URL_HANDLE_INVALID", "Url handle is invalid", "definition", "capabilities", "onlineStore", "data", "urlHandle")
		case h.folders[o.Data.URLHandle]:
			return entryRefusal(key, "URL_HANDLE_TAKEN", "Url handle has already been taken", "definition", "capabilities", "onlineStore", "data", "urlHandle")
		case c.Renderable == nil || !c.Renderable.Enabled:
			return entryRefusal(key, "CAPABILITY_NOT_ENABLED", "Online store pages must be renderable.", "definition", "capabilities", "renderable")
		}
		t.folder = o.Data.URLHandle
		h.folders[t.folder] = true
	}
	t.id = gidOf("MetaobjectDefinition", h.s.nextID())
	h.types[kind] = t
	return object{{key, h.typeNode(t)}, {"userErrors", list{}}}
}

// add defines fields; what it returns says what is wrong with one.
func (t *entryType) add(fields []fieldInput) func(key string) object {
	for _, f := range fields {
		code, msg := "", ""
		switch {
		case !entryKey.MatchString(f.Key):
			code, msg = "INVALID", "Key contains one or more invalid characters."
		case t.fields[f.Key] != "":
			code, msg = "OBJECT_FIELD_TAKEN", "Field definition \""+f.Key+"\" is already taken"
		case !slices.Contains(valueKinds, f.Type):
			code, msg = "INCLUSION", "Type name "+f.Type+" is not a valid type."
		case len(t.order) == 40:
			code, msg = "MAX_DEFINITIONS_EXCEEDED", "There are too many fields."
		}
		if code != "" {
			return func(key string) object {
				return entryRefusal(key, code, msg, "definition", "fieldDefinitions")
			}
		}
		t.fields[f.Key] = f.Type
		t.order = append(t.order, f.Key)
	}
	return nil
}

func (h *shopifySide) updateType(id string, raw any) any {
	const key = "metaobjectDefinition"
	var in struct {
		FieldDefinitions []struct{ Create *fieldInput }
	}
	remarshal(raw, &in)
	for _, t := range h.types {
		if t.id != id {
			continue
		}
		var fields []fieldInput
		for _, f := range in.FieldDefinitions {
			if f.Create != nil {
				fields = append(fields, *f.Create)
			}
		}
		if problem := t.add(fields); problem != nil {
			return problem(key)
		}
		return object{{key, h.typeNode(t)}, {"userErrors", list{}}}
	}
	return entryRefusal(key, "RECORD_NOT_FOUND", "Record not found", "id")
}

func entryNode(e *entry) any {
	if e == nil {
		return nil
	}
	status := "DRAFT"
	if e.active {
		status = "ACTIVE"
	}
	return object{{"id", e.id}, {"handle", e.handle}, {"capabilities", object{{"publishable", object{{"status", status}}}}}}
}

type handleInput struct{ Type, Handle string }

func (h *shopifySide) entryAt(raw any) any {
	var in handleInput
	remarshal(raw, &in)
	if t := h.types[ownType(in.Type)]; t != nil {
		return entryNode(t.entries[in.Handle])
	}
	return nil
}

func (h *shopifySide) upsertEntry(rawHandle, raw any) any {
	const key = "metaobject"
	var at handleInput
	var in struct {
		Handle       *string
		Fields       []struct{ Key, Value string }
		Capabilities *struct{ Publishable *struct{ Status string } }
	}
	remarshal(rawHandle, &at)
	remarshal(raw, &in)
	t := h.types[ownType(at.Type)]
	if t == nil {
		return entryRefusal(key, "UNDEFINED_OBJECT_TYPE", fmt.Sprintf("No metaobject definition exists for type %q", at.Type), "handle", "type")
	}
	old := t.entries[at.Handle]
	next := entry{handle: at.Handle, values: map[string]string{}}
	if old != nil {
		next.id, next.active = old.id, old.active
		for k, v := range old.values {
			next.values[k] = v
		}
	}
	if in.Handle != nil {
		next.handle = *in.Handle
	}
	if !entryHandle.MatchString(next.handle) {
		return entryRefusal(key, "INVALID", "Handle is invalid", "metaobject", "handle")
	}
	if other := t.entries[next.handle]; other != nil && other != old {
		return entryRefusal(key, "TAKEN", "Handle has already been taken", "metaobject", "handle")
	}
	seen := map[string]bool{}
	for i, f := range in.Fields {
		code, msg := "", ""
		switch kind := t.fields[f.Key]; {
		case kind == "":
			code, msg = "UNDEFINED_OBJECT_FIELD", "Field definition \""+f.Key+"\" does not exist"
		case seen[f.Key]:
			code, msg = "DUPLICATE_FIELD_INPUT", "Field \""+f.Key+"\" is given twice"
		case !utf8.ValidString(f.Value):
			code, msg = "INVALID_VALUE", "Value is not text"
		case kind == "single_line_text_field" && strings.ContainsAny(f.Value, "\r\n"):
			code, msg = "INVALID_VALUE", "Value must be a single line text string."
		case kind == "json" && !json.Valid([]byte(f.Value)):
			code, msg = "INVALID_VALUE", "Value is invalid JSON."
		case len(f.Value) > mostJSON:
			code, msg = "TOO_LONG", "Value is too long."
		}
		if code != "" {
			return entryRefusal(key, code, msg, "metaobject", "fields", fmt.Sprint(i))
		}
		seen[f.Key] = true
		next.values[f.Key] = f.Value
	}
	if c := in.Capabilities; c != nil && c.Publishable != nil {
		if !t.publishable {
			return entryRefusal(key, "CAPABILITY_NOT_ENABLED", "Capability is not enabled on this definition", "metaobject", "capabilities", "publishable")
		}
		next.active = c.Publishable.Status == "ACTIVE"
	}
	if old != nil {
		delete(t.entries, old.handle)
		if old.handle != next.handle {
			t.redirects[old.handle] = next.handle
		}
	} else {
		next.id = gidOf("Metaobject", h.s.nextID())
	}
	delete(t.redirects, next.handle)
	t.entries[next.handle] = &next
	return object{{key, entryNode(&next)}, {"userErrors", list{}}}
}
