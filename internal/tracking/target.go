package tracking

// Target is where a link leads.
type Target struct{ shop *shopDoor }
