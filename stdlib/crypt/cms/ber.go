package cms

// Limits of what is read.
const (
	maxDepth        = 16 // elements of open length in one another
	maxSigners      = 32
	maxCertificates = 100
	maxCertBytes    = 1 << 20 // of all certificates of a message
)

// Tags of X.690 and of the choices in CMS.
const (
	tagInteger   = 0x02
	tagBits      = 0x03
	tagOctets    = 0x04
	tagOID       = 0x06
	tagSequence  = 0x30
	tagSet       = 0x31
	tagUTCTime   = 0x17
	constructed  = 0x20
	tagContext0  = 0x80
	tagContext1  = 0x81
	tagExplicit0 = tagContext0 | constructed
	tagExplicit1 = tagContext1 | constructed
	tagExplicit2 = 0x82 | constructed
	tagExplicit3 = 0x83 | constructed
)

// element is a value in BER (X.690, 8.1): body is what stands between header and end.
type element struct {
	tag        byte
	body, full []byte
}

// input is a sequence of elements that is read from the front. A read that fails
// leaves it as it was.
type input []byte

// next reads any element.
func (in *input) next() (element, bool) {
	e, ok := split(*in, 0)
	if ok {
		*in = (*in)[len(e.full):]
	}
	return e, ok
}

// take reads an element of a tag.
func (in *input) take(tag byte) (element, bool) {
	if len(*in) == 0 || (*in)[0] != tag {
		return element{}, false
	}
	return in.next()
}

// open reads an element of a tag and returns what is in it.
func (in *input) open(tag byte) (input, bool) {
	e, ok := in.take(tag)
	return e.body, ok
}

// skip reads an element of a tag if one is there. It fails when that is broken.
func (in *input) skip(tag byte) bool {
	if len(*in) == 0 || (*in)[0] != tag {
		return true
	}
	_, ok := in.next()
	return ok
}

// split cuts the first element off. Tags above 30 do not occur in CMS.
func split(b []byte, depth int) (e element, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return e, false
	}
	e.tag = b[0]
	start, length := 2, int(b[1])
	switch {
	case length == 0x80:
		return splitOpen(b, depth)
	case length > 0x80:
		n := length & 0x7f
		if n > 4 || len(b) < 2+n {
			return e, false
		}
		length = 0
		for _, c := range b[2 : 2+n] {
			length = length<<8 | int(c)
		}
		start += n
	}
	if length > len(b)-start {
		return e, false
	}
	e.body, e.full = b[start:start+length], b[:start+length]
	return e, true
}

// splitOpen cuts an element off that ends with two zeros (X.690, 8.1.5).
func splitOpen(b []byte, depth int) (e element, ok bool) {
	if b[0]&constructed == 0 || depth == maxDepth {
		return e, false
	}
	e.tag = b[0]
	for at := 2; len(b)-at >= 2; {
		if b[at] == 0 && b[at+1] == 0 {
			e.body, e.full = b[2:at], b[:at+2]
			return e, true
		}
		part, ok := split(b[at:], depth+1)
		if !ok {
			return e, false
		}
		at += len(part.full)
	}
	return e, false
}

// octets joins the bytes of an octet string that may come in parts. The tag of the
// whole may be any.
func (e element) octets() ([]byte, bool) {
	if e.tag&constructed == 0 {
		return e.body, true
	}
	return appendParts(make([]byte, 0, len(e.body)), e.body, 0)
}

func appendParts(out []byte, parts input, depth int) ([]byte, bool) {
	for len(parts) > 0 {
		p, ok := parts.next()
		switch {
		case !ok || depth == maxDepth:
			return nil, false
		case p.tag == tagOctets:
			out = append(out, p.body...)
		case p.tag == tagOctets|constructed:
			if out, ok = appendParts(out, p.body, depth+1); !ok {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return out, true
}

// octetString reads an octet string, in parts or not.
func (in *input) octetString() ([]byte, bool) {
	e, ok := in.next()
	if !ok || e.tag&^constructed != tagOctets {
		return nil, false
	}
	return e.octets()
}

// algorithm is an AlgorithmIdentifier (RFC 5280, 4.1.1.2): the object identifier and
// the parameters, each as encoded. all is both with the header.
type algorithm struct {
	oid    string
	params []byte
	all    []byte
}

func (in *input) algorithm() (a algorithm, ok bool) {
	e, ok := in.take(tagSequence)
	if !ok {
		return a, false
	}
	body := input(e.body)
	id, ok := body.take(tagOID)
	return algorithm{string(id.full), body, e.full}, ok
}

// small reads a number below 2^31.
func (in *input) small() (int, bool) {
	e, ok := in.take(tagInteger)
	if !ok || len(e.body) == 0 || len(e.body) > 4 || e.body[0] > 0x7f {
		return 0, false
	}
	n := 0
	for _, c := range e.body {
		n = n<<8 | int(c)
	}
	return n, true
}
