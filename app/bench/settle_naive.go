package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"tributary/internal/domain/order"
	"tributary/internal/platform/shopify"
	"tributary/internal/store"
)

// The tables as a first version would map them.
type (
	naiveDelivery struct {
		ShopID      int64     `gorm:"primaryKey;autoIncrement:false"`
		ID          string    `gorm:"primaryKey;type:uuid"`
		Day         time.Time `gorm:"primaryKey;type:date"`
		Topic       string
		TriggeredAt time.Time
		Body        []byte
		State       int16
		OrderID     *int64
		Note        *string
	}
	naiveOrder struct {
		ShopID         int64 `gorm:"primaryKey;autoIncrement:false"`
		ID             int64 `gorm:"primaryKey;autoIncrement:false"`
		Name           string
		Payment        int16
		CreatedAt      time.Time
		PaidAt         *time.Time
		Currency       string
		Total          int64
		CustomerKey    string
		Outcome        string
		InfluencerID   int64
		VersionID      int64
		Via            string
		DecisionNumber int
		FirstSeenAt    time.Time
		UpdatedAt      time.Time
		State          []byte
	}
	naiveAttribution struct {
		ShopID    int64 `gorm:"primaryKey;autoIncrement:false"`
		OrderID   int64 `gorm:"primaryKey;autoIncrement:false"`
		Number    int   `gorm:"primaryKey;autoIncrement:false"`
		DecidedAt time.Time
		Decision  []byte
	}
	naiveEarning struct {
		ShopID       int64 `gorm:"primaryKey;autoIncrement:false"`
		ID           int64 `gorm:"primaryKey;autoIncrement:false"`
		Kind         int16
		Source       int64
		InfluencerID int64
		AgreementID  int64
		VersionID    int64
		TermsHash    string
		Currency     string
		GrossBase    int64
		NetBase      int64
		Posted       int64
		State        string
		OccurredAt   time.Time
		ReleaseAt    *time.Time
		Detail       []byte
		UpdatedAt    time.Time
	}
	naiveEntry struct {
		ShopID       int64     `gorm:"primaryKey;autoIncrement:false"`
		EarningID    int64     `gorm:"primaryKey;autoIncrement:false"`
		JournalID    int64     `gorm:"primaryKey;autoIncrement:false"`
		Leg          int16     `gorm:"primaryKey;autoIncrement:false"`
		EffectiveAt  time.Time `gorm:"primaryKey"`
		Kind         int16
		Account      int16
		InfluencerID int64
		Currency     string
		Minor        int64
		OriginAt     time.Time
		PostedAt     time.Time
	}
)

func (naiveDelivery) TableName() string    { return "deliveries" }
func (naiveOrder) TableName() string       { return "orders" }
func (naiveAttribution) TableName() string { return "attributions" }
func (naiveEarning) TableName() string     { return "earnings" }
func (naiveEntry) TableName() string       { return "ledger_entries" }

// settleNaive works through the deliveries as one task per order would: several
// at once, each in one gorm transaction that reads the delivery and the order,
// looks the code up, and writes what follows row by row. Its rule is the
// simplest there is: ten per cent of what the lines cost, less refunds. Its
// deliveries lie in one plain table: a first version has no partitions, over
// which PostgreSQL would plan each of its updates anew.
func settleNaive(ctx context.Context, o task, _ func(string)) (a account, err error) {
	db, err := openGorm(o.DatabaseURL, o.Workers)
	if err != nil {
		return a, err
	}
	db = db.WithContext(ctx)
	for _, q := range plainDeliveries {
		if err := db.Exec(q).Error; err != nil {
			return a, err
		}
	}
	var due []naiveDelivery
	if err := db.Select("shop_id", "id", "day").Where("shop_id = ? AND state < 2", o.ShopID).Order("next_at, id").Find(&due).Error; err != nil {
		return a, err
	}
	queue := make(chan naiveDelivery)
	failed := make(chan error, o.Workers)
	var wg sync.WaitGroup
	start := time.Now()
	for range o.Workers {
		wg.Go(func() {
			for d := range queue {
				var err error
				for range 5 { // as a queue tries again when two tasks have met
					if err = db.Transaction(func(tx *gorm.DB) error { return settleOne(tx, d) }); err == nil {
						break
					}
				}
				if err != nil {
					select {
					case failed <- fmt.Errorf("delivery %s: %w", d.ID, err):
					default:
					}
				}
			}
		})
	}
	for _, d := range due {
		queue <- d
	}
	close(queue)
	wg.Wait()
	a.Seconds, a.Rows = time.Since(start).Seconds(), int64(len(due))
	select {
	case err = <-failed:
	default:
	}
	return a, err
}

var plainDeliveries = []string{
	"ALTER TABLE deliveries RENAME TO deliveries_in_partitions",
	"CREATE TABLE deliveries (LIKE deliveries_in_partitions INCLUDING DEFAULTS INCLUDING STORAGE)",
	"INSERT INTO deliveries SELECT * FROM deliveries_in_partitions",
	"ALTER TABLE deliveries ADD PRIMARY KEY (shop_id, id, day)",
	"CREATE INDEX ON deliveries (shop_id, next_at, id) WHERE state < 2",
	"VACUUM ANALYZE deliveries",
	"CHECKPOINT",
}

func settleOne(tx *gorm.DB, key naiveDelivery) error {
	var d naiveDelivery
	forUpdate := clause.Locking{Strength: "UPDATE"}
	if err := tx.Clauses(forUpdate).Where("shop_id = ? AND id = ? AND day = ?", key.ShopID, key.ID, key.Day).Take(&d).Error; err != nil {
		return err
	}
	body, err := s2.Decode(nil, d.Body)
	if err != nil {
		return err
	}
	m, err := shopify.Decode(d.Topic, body, d.TriggeredAt, naiveHash)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	row := naiveOrder{ShopID: d.ShopID, ID: m.Fact.OrderID, FirstSeenAt: now}
	state := order.Order{Platform: order.Shopify, ID: m.Fact.OrderID}
	err = tx.Clauses(forUpdate).Where("shop_id = ? AND id = ?", d.ShopID, m.Fact.OrderID).Take(&row).Error
	known := err == nil
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	if known {
		b, err := s2.Decode(nil, row.State)
		if err != nil {
			return err
		}
		old, err := order.Decode(b)
		if err != nil {
			return err
		}
		state = *old
	}
	state.Apply(m.Fact)
	if err := writeNaive(tx, &row, &state, known, now); err != nil {
		return err
	}
	return tx.Model(&naiveDelivery{}).Where("shop_id = ? AND id = ? AND day = ?", key.ShopID, key.ID, key.Day).
		Updates(map[string]any{"state": store.DeliveryDone, "order_id": row.ID, "note": "order"}).Error
}

// naiveHash stands in for the keyed hashes of personal data.
func naiveHash(v string) string {
	sum := sha256.Sum256([]byte(v))
	return hex.EncodeToString(sum[:16])
}

// owner is who a code belongs to.
type owner struct {
	AgreementID, InfluencerID, VersionID int64
	Hash                                 string
}

func writeNaive(tx *gorm.DB, row *naiveOrder, o *order.Order, known bool, now time.Time) error {
	sn := &o.Snapshot
	var who owner
	for _, c := range sn.Codes {
		err := tx.Table("codes c").Select("c.agreement_id, a.influencer_id, v.id AS version_id, v.hash").
			Joins("JOIN agreements a ON a.shop_id = c.shop_id AND a.id = c.agreement_id").
			Joins("JOIN agreement_versions v ON v.shop_id = a.shop_id AND v.agreement_id = a.id AND v.state = 'signed'").
			Where("c.shop_id = ? AND c.code = ? AND c.valid_from <= ? AND (c.valid_to IS NULL OR c.valid_to > ?)", row.ShopID, c.Text, sn.CreatedAt, sn.CreatedAt).
			Limit(1).Scan(&who).Error
		if err != nil {
			return err
		}
	}
	row.Name, row.Payment, row.CreatedAt, row.Currency, row.Total = o.Name, int16(o.PaymentNow()), sn.CreatedAt, string(sn.Currency), sn.Total
	if !sn.PaidAt.IsZero() {
		row.PaidAt = &sn.PaidAt
	}
	row.CustomerKey, row.Outcome, row.UpdatedAt = sn.Customer.EmailHash, "none", now
	row.State = s2.Encode(nil, order.Encode(o))
	if who.VersionID != 0 {
		row.Outcome, row.InfluencerID, row.VersionID, row.Via, row.DecisionNumber = "won", who.InfluencerID, who.VersionID, "code", 1
	}
	if known {
		if err := tx.Model(row).Select("*").Updates(row).Error; err != nil {
			return err
		}
	} else if err := tx.Create(row).Error; err != nil {
		return err
	}
	if who.VersionID == 0 {
		return nil
	}
	if !known {
		why, err := json.Marshal(map[string]any{"order_id": row.ID, "code": sn.Codes, "winner": who})
		if err != nil {
			return err
		}
		if err := tx.Create(&naiveAttribution{ShopID: row.ShopID, OrderID: row.ID, Number: 1, DecidedAt: now, Decision: why}).Error; err != nil {
			return err
		}
	}
	return earnNaive(tx, row, o, who, now)
}

func earnNaive(tx *gorm.DB, row *naiveOrder, o *order.Order, who owner, now time.Time) error {
	var gross, net int64
	for _, l := range o.Snapshot.Lines {
		gross += l.Net
	}
	net = gross
	for _, r := range o.Refunds {
		for _, l := range r.Lines {
			net -= l.Net
		}
	}
	var e naiveEarning
	err := tx.Where("shop_id = ? AND kind = 1 AND source = ? AND agreement_id = ?", row.ShopID, row.ID, who.AgreementID).Take(&e).Error
	fresh := errors.Is(err, gorm.ErrRecordNotFound)
	if err != nil && !fresh {
		return err
	}
	var journal int64
	if err := tx.Raw("SELECT nextval('id_block')").Scan(&journal).Error; err != nil {
		return err
	}
	release := row.CreatedAt.AddDate(0, 0, 30)
	delta := net/10 - e.Posted
	e.ShopID, e.Kind, e.Source, e.InfluencerID, e.AgreementID, e.VersionID = row.ShopID, 1, row.ID, who.InfluencerID, who.AgreementID, who.VersionID
	e.TermsHash, e.Currency, e.GrossBase, e.NetBase, e.Posted = who.Hash, row.Currency, gross, net, net/10
	e.State, e.OccurredAt, e.ReleaseAt, e.UpdatedAt = "pending", row.CreatedAt, &release, now
	if e.Detail, err = json.Marshal(map[string]any{"lines": o.Snapshot.Lines, "rate_bps": 1000}); err != nil {
		return err
	}
	if fresh {
		e.ID = journal + 1
		err = tx.Create(&e).Error
	} else {
		err = tx.Model(&e).Select("*").Updates(&e).Error
	}
	if err != nil || delta == 0 {
		return err
	}
	legs := make([]naiveEntry, 2)
	for i := range legs {
		legs[i] = naiveEntry{
			ShopID: row.ShopID, EarningID: e.ID, JournalID: journal, Leg: int16(i), EffectiveAt: row.CreatedAt, Kind: 1, Account: int16(1 + i), //nolint:gosec // 0 or 1
			InfluencerID: e.InfluencerID, Currency: e.Currency, Minor: delta * int64(1-2*i), OriginAt: row.CreatedAt, PostedAt: now,
		}
	}
	return tx.Create(&legs).Error
}
