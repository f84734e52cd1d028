package paper

// Plain is PDF without compression.
func (d *Document) Plain() ([]byte, error) { return d.set(false) }
