package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

type (
	naiveLine struct {
		ShopID       int64 `gorm:"primaryKey;autoIncrement:false"`
		ID           int64 `gorm:"primaryKey;autoIncrement:false"`
		BatchID      int64
		InfluencerID int64
		Currency     string
		Opening      int64
		Movement     int64
		Pay          int64
		State        string
		PayoutKey    string
	}
	naiveItem struct {
		ShopID    int64 `gorm:"primaryKey;autoIncrement:false"`
		LineID    int64 `gorm:"primaryKey;autoIncrement:false"`
		JournalID int64 `gorm:"primaryKey;autoIncrement:false"`
		EarningID int64
		Minor     int64
	}
)

func (naiveLine) TableName() string { return "payout_lines" }
func (naiveItem) TableName() string { return "payout_items" }

// closeNaive goes through the earnings one by one with gorm, as many as the
// task asks for: find the influencer's line or make it, add to it, link the
// earning.
func closeNaive(ctx context.Context, o task, _ func(string)) (a account, err error) {
	db, err := openGorm(o.DatabaseURL, 4)
	if err != nil {
		return a, err
	}
	db = db.WithContext(ctx)
	var earnings []naiveEarning
	if err := db.Where("shop_id = ? AND state = 'locked'", o.ShopID).Order("id").Limit(o.Limit).Find(&earnings).Error; err != nil {
		return a, err
	}
	start := time.Now()
	for i, e := range earnings {
		var l naiveLine
		err := db.Where("shop_id = ? AND batch_id = 1 AND influencer_id = ? AND currency = ?", o.ShopID, e.InfluencerID, e.Currency).Take(&l).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			l = naiveLine{ShopID: o.ShopID, ID: int64(i + 1), BatchID: 1, InfluencerID: e.InfluencerID, Currency: e.Currency, State: "draft"}
			err = db.Create(&l).Error
		}
		if err == nil {
			err = db.Model(&l).Updates(map[string]any{"movement": l.Movement + e.Posted, "pay": l.Pay + e.Posted}).Error
		}
		if err == nil {
			err = db.Create(&naiveItem{ShopID: o.ShopID, LineID: l.ID, JournalID: e.ID, EarningID: e.ID, Minor: e.Posted}).Error
		}
		if err != nil {
			return a, fmt.Errorf("earning %d: %w", e.ID, err)
		}
	}
	a.Seconds, a.Rows = time.Since(start).Seconds(), int64(len(earnings))
	return a, nil
}
